import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { chartLayout } from '../../chart/chart-layout.ts';
import { possibleTransitions } from '../../chart/taken.ts';
import type { Taken } from '../../session/watched-session.ts';
import { usePage } from '../page-context.ts';
import { StatechartPicture } from './statechart-picture.tsx';
import { TransitionList } from './transition-list.tsx';

/** How long what has just happened is lit, ms. */
const flashTime = 1600;

/** Where the session is in its life, and what can happen next. */
export function StatechartView() {
  const { inspection } = usePage();
  const chart = inspection.hello.value?.chart;
  const layout = useMemo(() => (chart === undefined ? undefined : chartLayout(chart)), [chart]);
  const taken = inspection.watched.value?.taken;
  const flash = useSignal<Taken | undefined>(undefined);
  const pointed = useSignal<number | undefined>(undefined);
  /** The state whose transitions are listed: by choice, else where the session is. */
  const selected = useSignal<string | undefined>(undefined);
  const place = useRef<HTMLElement>(null);

  useEffect(() => {
    if (taken === undefined) return;
    flash.value = taken;
    const timer = setTimeout(() => {
      flash.value = undefined;
    }, flashTime);
    return () => clearTimeout(timer);
  }, [taken, flash]);

  // A convenience for the mouse: what the list beside the picture does with keys, too.
  useEffect(() => {
    const { current } = place;
    const click = ({ target }: Event) => {
      const id = target instanceof Element ? target.closest('[data-state]')?.getAttribute('data-state') : undefined;
      selected.value = id === selected.peek() ? undefined : (id ?? undefined);
    };
    const point = ({ target }: Event) => {
      const edge = target instanceof Element ? target.closest('[data-place]')?.getAttribute('data-place') : undefined;
      pointed.value = edge === undefined || edge === null ? undefined : Number(edge);
    };
    current?.addEventListener('click', click);
    current?.addEventListener('pointerover', point);
    return () => {
      current?.removeEventListener('click', click);
      current?.removeEventListener('pointerover', point);
    };
  }, [pointed, selected]);

  const active = inspection.watched.value?.detail?.active ?? [];
  const looked = selected.value === undefined ? active : [selected.value];
  const possible = chart === undefined ? [] : possibleTransitions(chart, looked);
  return (
    <>
      <section class="statechart" ref={place} aria-label="Statechart">
        {chart !== undefined && layout !== undefined && (
          <StatechartPicture
            chart={chart}
            layout={layout}
            active={active}
            possible={possible}
            pointed={pointed.value}
            flash={flash.value}
            selected={selected.value}
          />
        )}
      </section>
      {chart !== undefined && (
        <TransitionList
          chart={chart}
          active={active}
          selected={selected.value}
          possible={possible}
          pointed={pointed.value}
          onSelect={(id) => {
            selected.value = id;
          }}
          onPoint={(transition) => {
            pointed.value = transition;
          }}
        />
      )}
    </>
  );
}
