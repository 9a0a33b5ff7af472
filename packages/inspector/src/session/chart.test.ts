import { sessionMachine } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { activeStates, chartOf } from './chart.ts';

const chart = chartOf(sessionMachine.root);
const stateAt = (id: string) => chart.states.find((state) => state.id === id);

describe('the chart of the session machine', () => {
  it('has its states in their order, each after its parent', () => {
    expect(chart.states.map(({ id, parent }) => [id, parent])).toEqual([
      ['ready_wait', undefined],
      ['ready_wait.passive', 'ready_wait'],
      ['ready_wait.active', 'ready_wait'],
      ['open', undefined],
      ['closing', undefined],
      ['closing.handshake', 'closing'],
      ['closing.lingering', 'closing'],
      ['closing.disconnect', 'closing'],
      ['closing.settling', 'closing'],
      ['closing.terminating', 'closing'],
      ['closed', undefined],
    ]);
    expect(stateAt('closing.handshake')?.name).toBe('handshake');
  });

  it('tells where each state begins, and which is the last', () => {
    const initial = chart.states.filter((state) => state.initial).map(({ id }) => id);
    expect(initial).toEqual(['ready_wait', 'ready_wait.passive', 'closing.handshake']);
    expect(chart.states.filter((state) => state.final).map(({ id }) => id)).toEqual(['closed']);
  });

  it('has every transition of the machine that leads somewhere, and no other', () => {
    const { states } = sessionMachine.root;
    const found: string[] = [];
    const collect = (state: (typeof states)[string]): void => {
      const transitions = [...state.transitions.values()].flat().concat(state.always ?? []);
      for (const { target = [], eventType, guard } of transitions) {
        for (const { path } of target)
          found.push(
            `${state.path.join('.')} → ${path.join('.')}: ${eventType}${guard === undefined ? '' : ' guarded'}`,
          );
      }
      for (const child of Object.values(state.states)) collect(child);
    };
    for (const state of Object.values(states)) collect(state);
    const drawn = chart.transitions.flatMap(({ from, to, labels }) =>
      labels.map((label) => {
        const [event = ''] = label.split('[');
        return `${from} → ${to}: ${event.trim()}${label.includes('[') ? ' guarded' : ''}`;
      }),
    );
    expect(drawn.length).toBeGreaterThan(30);
    expect(drawn.toSorted()).toEqual(found.toSorted());
  });

  it('joins what leads the same way into one arrow, with guards in brackets', () => {
    const arrows = chart.transitions.map(({ from, to }) => `${from} ${to}`);
    expect(arrows).toHaveLength(new Set(arrows).size);
    const labels = (from: string, to: string) =>
      chart.transitions.find((one) => one.from === from && one.to === to)?.labels;
    expect(labels('open', 'closing.handshake')).toEqual(
      expect.arrayContaining(['close', 'timeout.silent [peerSilent]']),
    );
    expect(labels('open', 'closing.lingering')).toEqual(['peer.closed [isClient]']);
    expect(labels('ready_wait.active', 'open')).toEqual(['[handlerIdle]']);
    expect(labels('closing.settling', 'closing.terminating')).toEqual(['[handlerIdle]']);
  });

  it('has both ends of every transition among its states', () => {
    const ids = new Set(chart.states.map(({ id }) => id));
    expect(chart.transitions.filter(({ from, to }) => !ids.has(from) || !ids.has(to))).toEqual([]);
  });
});

describe('the states that a snapshot is in', () => {
  it('are those of the value, the outermost first', () => {
    expect(activeStates('open')).toEqual(['open']);
    expect(activeStates({ closing: 'handshake' })).toEqual(['closing', 'closing.handshake']);
    expect(activeStates({ a: { b: 'c', d: 'e' } })).toEqual(['a', 'a.b', 'a.b.c', 'a.d', 'a.d.e']);
  });

  it('are none where there is no value', () => {
    expect([undefined, null, 7, {}].flatMap((value) => activeStates(value))).toEqual([]);
  });

  it('are states of the chart, for each state of the machine', () => {
    const leaves = chart.states.filter(({ id }) => !chart.states.some(({ parent }) => parent === id));
    for (const { id } of leaves) {
      const value = id.split('.').reduceRight<unknown>((inner, key) => (inner === '' ? key : { [key]: inner }), '');
      expect(activeStates(value).at(-1)).toBe(id);
    }
  });
});
