import uPlot, { type AlignedData } from 'uplot';
import type { PlotDefinition } from '../../runtime/plots.ts';
import { windowLength } from '../../runtime/sample-window.ts';
import { formatTime } from '../../text/format.ts';

export interface DrawnPlot {
  update(data: AlignedData): void;
  resize(): void;
  destroy(): void;
}

const font = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** Draws a plot into an element, in the colours of the page. `onPoint` is told at which sample the pointer is. */
export function createPlot(
  element: HTMLElement,
  definition: PlotDefinition,
  data: AlignedData,
  now: () => number,
  onPoint: (index: number | undefined) => void,
): DrawnPlot {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const lines = { stroke: colour('line'), width: 1 };
  const size = () => ({ width: Math.max(120, element.clientWidth), height: Math.max(80, element.clientHeight) });
  const plot = new uPlot(
    {
      ...size(),
      padding: [8, 4, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: 'runtime' }, points: { size: 6 }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: () => [(now() - windowLength) / 1000, now() / 1000] },
        y: { range: (_, __, highest) => [0, Math.max(definition.least, (highest ?? 0) * 1.12)] },
      },
      axes: [
        {
          ...{
            stroke: colour('quiet'),
            font,
            size: 26,
            gap: 4,
            space: 84,
            grid: { show: false },
            ticks: { show: false },
          },
          incrs: [60, 120, 300],
          values: (_, times) => times.map((time) => formatTime(time * 1000).slice(0, 5)),
        },
        {
          ...{ stroke: colour('quiet'), font, size: 58, gap: 4, space: 42, grid: lines, ticks: { show: false } },
          values: (_, values) => values.map(definition.format),
        },
      ],
      series: [
        {},
        ...definition.series.map(({ label, tone }) => ({
          label,
          stroke: colour(tone),
          width: 1.5,
          points: { show: false },
          ...(tone === 'accent' ? { fill: colour('accent-fill') } : {}),
        })),
      ],
      hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
    },
    data,
    element,
  );
  return {
    update: (data) => plot.setData(data),
    resize: () => plot.setSize(size()),
    destroy: () => plot.destroy(),
  };
}
