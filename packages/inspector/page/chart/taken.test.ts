import { describe, expect, it } from 'vitest';
import { sessionChart } from './chart.fixture.ts';
import { enclosing, possibleTransitions, takenTransitions } from './taken.ts';

const taken = (...path: readonly string[]) =>
  takenTransitions(sessionChart, path).map((place) => {
    const { from, to } = sessionChart.transitions[place] ?? { from: '?', to: '?' };
    return `${from} → ${to}`;
  });

describe('the transitions a session has taken', () => {
  it('are those between the states it was in', () => {
    expect(taken('ready_wait.passive', 'ready_wait.active', 'open')).toEqual([
      'ready_wait.passive → ready_wait.active',
      'ready_wait.active → open',
    ]);
  });

  it('may come out of, or go to, the state around one', () => {
    expect(taken('ready_wait.active', 'closing.disconnect')).toEqual(['ready_wait → closing.disconnect']);
    expect(taken('open', 'closing.handshake')).toEqual(['open → closing']);
    expect(taken('closing.handshake', 'closing.terminating')).toEqual(['closing → closing.terminating']);
  });

  it('are none between states without one, and none without a change', () => {
    expect(taken('closed', 'open', 'open')).toEqual([]);
    expect(taken('unknown', 'open')).toEqual([]);
  });
});

it('knows the states around a state, even in a chart that goes round in circles', () => {
  expect(enclosing(sessionChart, 'closing.handshake')).toEqual(['closing.handshake', 'closing']);
  const circle = { id: 'a', name: 'a', parent: 'a', initial: false, final: false };
  expect(enclosing({ states: [circle], transitions: [] }, 'a')).toEqual(['a']);
});

it('knows what can happen next, also to the states around', () => {
  const labels = possibleTransitions(sessionChart, ['closing', 'closing.settling']).flatMap(
    (place) => sessionChart.transitions[place]?.labels ?? [],
  );
  expect(labels).toEqual(['stop', 'timeout.close', '[handlerIdle]']);
});
