import type { RuntimeSample } from '../../src/protocol.ts';
import { formatBytes, formatCount, formatMilliseconds, formatPercent, formatRate } from '../text/format.ts';

export interface PlotSeries {
  readonly label: string;
  readonly figure: (sample: RuntimeSample) => number;
  /** The first of a plot stands out. */
  readonly tone: 'accent' | 'quiet';
}

export interface PlotDefinition {
  readonly id: string;
  readonly title: string;
  readonly format: (value: number) => string;
  /** The axis reaches to this at least, so that little looks like little. */
  readonly least: number;
  readonly series: readonly PlotSeries[];
}

/** What is plotted of the runtime. */
export const plots: readonly PlotDefinition[] = [
  {
    id: 'delay',
    title: 'Event-loop delay',
    format: formatMilliseconds,
    least: 5,
    series: [
      { label: 'p99', figure: ({ delayP99 }) => delayP99, tone: 'accent' },
      { label: 'p50', figure: ({ delayP50 }) => delayP50, tone: 'quiet' },
    ],
  },
  {
    id: 'cpu',
    title: 'CPU',
    format: formatPercent,
    least: 1,
    series: [{ label: 'of a core', figure: ({ cpu }) => cpu, tone: 'accent' }],
  },
  {
    id: 'memory',
    title: 'Memory',
    format: formatBytes,
    least: 32e6,
    series: [
      { label: 'heap', figure: ({ heap }) => heap, tone: 'accent' },
      { label: 'RSS', figure: ({ rss }) => rss, tone: 'quiet' },
    ],
  },
  {
    id: 'sessions',
    title: 'Sessions',
    format: formatCount,
    least: 4,
    series: [{ label: 'sessions', figure: ({ sessions }) => sessions, tone: 'accent' }],
  },
  {
    id: 'connections',
    title: 'Connections a second',
    format: formatRate,
    least: 4,
    series: [{ label: 'connections', figure: ({ connections }) => connections, tone: 'accent' }],
  },
  {
    id: 'messages',
    title: 'Messages a second',
    format: formatRate,
    least: 10,
    series: [
      { label: 'in', figure: ({ messagesIn }) => messagesIn, tone: 'accent' },
      { label: 'out', figure: ({ messagesOut }) => messagesOut, tone: 'quiet' },
    ],
  },
];
