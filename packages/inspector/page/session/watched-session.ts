import type { Chart, SessionDetail, SessionRow, Update } from '../../src/protocol.ts';
import { takenTransitions } from '../chart/taken.ts';

/** The session that is looked at: what was last heard of it stays when it ends. */
export interface WatchedSession {
  readonly id: string;
  readonly row: SessionRow | undefined;
  readonly detail: SessionDetail | undefined;
  /** It is not in the list any more, or its exit has been told. */
  readonly ended: boolean;
  /** What it has just gone through; a new object each time. */
  readonly taken: Taken | undefined;
}

export interface Taken {
  /** Places in the chart's list of transitions. */
  readonly transitions: readonly number[];
  readonly states: readonly string[];
}

export function watchedSession(id: string, row: SessionRow | undefined): WatchedSession {
  return { id, row, detail: undefined, ended: false, taken: undefined };
}

/** What an update says of it. `row` is how it stands in the list now. */
export function updateWatched(
  session: WatchedSession,
  { detail, log, sessions }: Update,
  row: SessionRow | undefined,
  chart: Chart | undefined,
): WatchedSession {
  const own = detail?.id === session.id ? detail : undefined;
  const gone = sessions?.gone.includes(session.id) ?? false;
  const next = own ?? session.detail;
  return {
    id: session.id,
    row: row ?? session.row,
    detail: next,
    ended: next?.exit !== undefined || (row === undefined && (gone || session.ended)),
    taken: (own && chart && takenBy(session.detail, own, log, chart)) ?? session.taken,
  };
}

function takenBy(
  before: SessionDetail | undefined,
  after: SessionDetail,
  log: Update['log'],
  chart: Chart,
): Taken | undefined {
  const from = before?.active.at(-1);
  const to = after.active.at(-1);
  if (from === undefined || to === undefined) return undefined;
  const passed = (log?.entries ?? []).flatMap(({ kind, name }) => (kind === 'state' ? [name] : []));
  const transitions = takenTransitions(chart, [from, ...passed, to]);
  if (from === to && transitions.length === 0) return undefined;
  return { transitions, states: after.active.filter((id) => !before?.active.includes(id)) };
}
