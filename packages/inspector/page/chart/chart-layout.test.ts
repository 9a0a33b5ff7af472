import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chart } from '../../src/protocol.ts';
import { sessionChart } from './chart.fixture.ts';
import { chartLayout, type PlacedNode } from './chart-layout.ts';
import type { Box } from './edge-path.ts';

const within = (inner: Box, outer: Box): boolean =>
  Math.abs(inner.x - outer.x) + inner.width / 2 <= outer.width / 2 + 0.01 &&
  Math.abs(inner.y - outer.y) + inner.height / 2 <= outer.height / 2 + 0.01;

const apart = (a: Box, b: Box): boolean =>
  Math.abs(a.x - b.x) * 2 >= a.width + b.width - 0.01 || Math.abs(a.y - b.y) * 2 >= a.height + b.height - 0.01;

const layout = chartLayout(sessionChart);
const node = (id: string): PlacedNode => {
  const found = layout.nodes.find((node) => node.id === id);
  if (found === undefined) throw new Error(`${id} has no place`);
  return found;
};

describe('the picture of a statechart', () => {
  it('has every state in the states around it, all of it in the picture, and no two in one place', () => {
    for (const inner of layout.nodes) {
      expect(within(inner, layout.box)).toBe(true);
      if (inner.parent !== undefined) expect(within(inner, node(inner.parent))).toBe(true);
      for (const other of layout.nodes) {
        if (other.id !== inner.id && other.parent === inner.parent) expect(apart(inner, other)).toBe(true);
      }
    }
  });

  it('goes downward with a life', () => {
    const life = [
      'ready_wait.passive',
      'ready_wait.active',
      'open',
      'closing.handshake',
      'closing.terminating',
      'closed',
    ];
    const heights = life.map((id) => node(id).y);
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
  });

  it('has an arrow for every transition, also out of, into and inside of compound states', () => {
    expect(layout.edges.map(({ transition }) => transition)).toEqual(sessionChart.transitions.map((_, place) => place));
    for (const { path, head } of layout.edges) {
      expect(path).toMatch(/^M/);
      expect(head).toMatch(/Z$/);
    }
  });

  it('begins an arrow of a compound state at its border', () => {
    const place = sessionChart.transitions.findIndex(
      ({ from, to }) => from === 'ready_wait' && to === 'closing.disconnect',
    );
    const [, x, y] = /^M(\S+) ([^LQ]+)/.exec(layout.edges[place]?.path ?? '') ?? [];
    const box = node('ready_wait');
    const off = [Math.abs(Number(x) - box.x) - box.width / 2, Math.abs(Number(y) - box.y) - box.height / 2];
    expect(Math.min(...off.map(Math.abs))).toBeLessThan(0.2);
  });

  it('can be made of any chart, however strange', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const state = fc.record({
      id,
      name: id,
      parent: fc.option(id, { nil: undefined }),
      initial: fc.boolean(),
      final: fc.boolean(),
    });
    const chart: fc.Arbitrary<Chart> = fc.record({
      states: fc.uniqueArray(state, { selector: (state) => state.id }),
      transitions: fc.array(fc.record({ from: id, to: id, labels: fc.array(fc.string()) })),
    });
    fc.assert(
      fc.property(chart, (chart) => {
        const { nodes, box } = chartLayout(chart);
        expect(nodes.filter(({ kind }) => kind !== 'any').map((node) => node.id)).toEqual(
          chart.states.map(({ id }) => id),
        );
        if (nodes.length > 0) expect(Number.isFinite(box.width + box.height)).toBe(true);
      }),
    );
  });
});
