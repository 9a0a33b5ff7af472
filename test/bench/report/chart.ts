import { metrics } from '../workloads/workload.ts';
import { type Outcome, valuesOf } from './outcome.ts';
import { ratios, summarize } from './statistics.ts';

/** How many times as good as the base somebody is. */
export interface Bar {
  readonly name: string;
  readonly ratio: number;
}

/** The bars of one workload. */
export interface BarGroup {
  readonly name: string;
  readonly bars: readonly Bar[];
}

/** The bars of all workloads that the base took part in, by their first metric. Where less is better, the inverse. */
export function barGroups(outcomes: readonly Outcome[], base: string): BarGroup[] {
  return outcomes.flatMap(({ name, rows: [row], readings }) => {
    const baseReadings = readings[base];
    if (row === undefined || baseReadings === undefined) return [];
    const { better } = metrics[row.metric];
    const baseValues = valuesOf(baseReadings, row.metric);
    const bars = Object.entries(readings).flatMap(([contender, found]): Bar[] => {
      const values = valuesOf(found, row.metric);
      const { median } = summarize(better === 'more' ? ratios(values, baseValues) : ratios(baseValues, values));
      return contender === base || !Number.isFinite(median) ? [] : [{ name: contender, ratio: median }];
    });
    return bars.length === 0 ? [] : [{ name, bars }];
  });
}

const width = 760;
const plot = { left: 290, right: 690 };
const barHeight = 14;
const barStep = 17;
const groupGap = 11;
const top = 70;

/** Readable on both grounds; the first colour is for ours. */
const colours = [
  { light: '#2563eb', dark: '#6ea8fe' },
  { light: '#a3a3a3', dark: '#737373' },
  { light: '#d97706', dark: '#f5b942' },
  { light: '#0d9488', dark: '#4fd1c5' },
];

const fills = (ground: 'light' | 'dark'): string =>
  colours.map((colour, index) => `.c${index}{fill:${colour[ground]}}`).join('');

const style =
  `text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:15px}.note{fill:#59636e;font-size:12px}` +
  `.value{text-anchor:end}.tick{text-anchor:middle}.grid{stroke:#d1d9e0}.base{stroke:#1f2328}${fills('light')}` +
  '@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.note{fill:#9198a1}.grid{stroke:#3d444d}.base{stroke:#f0f6fc}' +
  `${fills('dark')}}`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const place = (value: number): string => String(Math.round(value * 10) / 10);

const tickName = (exponent: number): string => (exponent < 0 ? `1/${2 ** -exponent}` : String(2 ** exponent));

/** A picture of bars on a logarithmic scale, to the right of the base or to the left, as SVG for light and dark pages. */
export function drawChart(title: string, base: string, groups: readonly BarGroup[]): string {
  const ratioLogs = groups.flatMap(({ bars }) => bars.map(({ ratio }) => Math.log2(ratio)));
  const least = Math.min(-1, ...ratioLogs.map(Math.floor));
  const most = Math.max(1, ...ratioLogs.map(Math.ceil));
  const x = (log: number): number => plot.left + ((log - least) / (most - least)) * (plot.right - plot.left);
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))];

  const drawn: string[] = [];
  let y = top;
  for (const { name, bars } of groups) {
    drawn.push(`<text x="12" y="${y + 11}">${escaped(name)}</text>`);
    for (const bar of bars) {
      const [from = 0, to = 0] = [x(0), x(Math.log2(bar.ratio))].toSorted((left, right) => left - right);
      drawn.push(
        `<rect class="c${names.indexOf(bar.name) % colours.length}" x="${place(from)}" y="${y}" ` +
          `width="${place(Math.max(1, to - from))}" height="${barHeight}" rx="2"/>`,
        `<text class="value" x="${width - 12}" y="${y + 11}">${Number(bar.ratio.toPrecision(3))}</text>`,
      );
      y += barStep;
    }
    y += groupGap;
  }

  const axis: string[] = [];
  for (let log = least; log <= most; log++) {
    const at = place(x(log));
    axis.push(
      `<line class="${log === 0 ? 'base' : 'grid'}" x1="${at}" y1="${top - 8}" x2="${at}" y2="${y}"/>`,
      `<text class="note tick" x="${at}" y="${y + 14}">${tickName(log)}</text>`,
    );
  }
  const legend = names.map(
    (name, index) =>
      `<rect class="c${index % colours.length}" x="${12 + index * 110}" y="36" width="12" height="12" rx="2"/>` +
      `<text x="${30 + index * 110}" y="47">${escaped(name)}</text>`,
  );
  const height = y + 28;
  const note = `${escaped(base)} = 1, logarithmic; right is better; latency and memory inverted`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${style}</style>`,
    `<text class="title" x="12" y="24">${escaped(title)}</text>`,
    ...legend,
    `<text class="note value" x="${width - 12}" y="47">${note}</text>`,
    ...axis,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}
