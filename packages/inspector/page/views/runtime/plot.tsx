import { effect, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { PlotDefinition } from '../../runtime/plots.ts';
import { formatTime } from '../../text/format.ts';
import { usePage } from '../page-context.ts';
import { createPlot } from './create-plot.ts';

/** Figures over time. What the pointer is at, or else the latest, is written above. */
export function Plot({ definition }: { readonly definition: PlotDefinition }) {
  const { inspection } = usePage();
  const place = useRef<HTMLDivElement>(null);
  const pointed = useSignal<number | undefined>(undefined);

  useEffect(() => {
    const { current } = place;
    if (current === null) return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const data = () => inspection.samples.columns(definition.series.map(({ figure }) => figure));
    const draw = () =>
      createPlot(
        current,
        definition,
        data(),
        () => inspection.clock.now(),
        (index) => {
          pointed.value = index;
        },
      );
    let plot = draw();
    const repaint = () => {
      plot.destroy();
      plot = draw();
    };
    dark.addEventListener('change', repaint);
    const observer = new ResizeObserver(() => plot.resize());
    observer.observe(current);
    const stop = effect(() => {
      inspection.sample.value; // a sample more
      inspection.now.value; // a second more
      plot.update(data());
    });
    return () => {
      stop();
      observer.disconnect();
      dark.removeEventListener('change', repaint);
      plot.destroy();
    };
  }, [definition, inspection, pointed]);

  inspection.sample.value; // drawn anew with each
  const [times, ...columns] = inspection.samples.columns(definition.series.map(({ figure }) => figure));
  const at = pointed.value !== undefined && pointed.value < times.length ? pointed.value : times.length - 1;
  const time = times[at];
  return (
    <figure class="plot panel" data-testid={`plot-${definition.id}`}>
      <figcaption>
        <h2>{definition.title}</h2>
        <span class="plot-time quiet">
          {pointed.value !== undefined && time !== undefined && formatTime(time * 1000)}
        </span>
        <span class="legend">
          {definition.series.map(({ label, tone }, index) => {
            const value = columns[index]?.[at];
            return (
              <span key={label} data-tone={tone}>
                <i aria-hidden="true" /> {label} <b>{typeof value === 'number' ? definition.format(value) : '–'}</b>
              </span>
            );
          })}
        </span>
      </figcaption>
      <div class="plot-place" ref={place} aria-hidden="true" />
    </figure>
  );
}
