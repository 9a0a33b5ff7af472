import { describe, expect, it } from 'vitest';
import type { RuntimeSample } from '../../src/protocol.ts';
import { SampleWindow } from './sample-window.ts';

const sample = (at: number): RuntimeSample => ({
  ...{ at, delayP50: 1, delayP99: 2, cpu: 0.25, heap: 3, rss: 4, sessions: at / 1000 },
  ...{ connections: 0, messagesIn: 0, messagesOut: 0 },
});

function windowOf(...times: readonly number[]): SampleWindow {
  const window = new SampleWindow();
  for (const at of times) window.add(sample(at));
  return window;
}

describe('the samples of the runtime', () => {
  it('are columns for the plots, by seconds', () => {
    expect(windowOf(1000, 2000).columns([({ sessions }) => sessions, ({ rss }) => rss])).toEqual([
      [1, 2],
      [1, 2],
      [4, 4],
    ]);
  });

  it('go back ten minutes', () => {
    const window = windowOf(0, 1000, 2000, 601_000);
    expect(window.columns([])[0]).toEqual([1, 2, 2.001, 601]);
    expect(window.latest?.at).toBe(601_000);
  });

  it('break the line where nothing was heard', () => {
    expect(windowOf(1000, 9000).columns([({ rss }) => rss])).toEqual([
      [1, 1.001, 9],
      [4, null, 4],
    ]);
  });

  it('begin anew when time goes back', () => {
    expect(windowOf(5000, 1000).columns([])[0]).toEqual([1]);
  });
});
