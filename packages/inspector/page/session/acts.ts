import type { Action } from '../../src/protocol.ts';

/** Something that was done to a session from here. */
export interface Act {
  readonly number: number;
  readonly session: string;
  readonly action: Action;
  readonly outcome: Outcome;
}

export type Outcome =
  | { readonly type: 'pending' }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: string };

/** So many are remembered. */
const kept = 20;

/** One more, the latest last. */
export function addAct(acts: readonly Act[], session: string, action: Action): readonly Act[] {
  const number = (acts.at(-1)?.number ?? 0) + 1;
  return [...acts, { number, session, action, outcome: { type: 'pending' } as const }].slice(-kept);
}

/** The process has answered. */
export function settleAct(acts: readonly Act[], number: number, error: string | undefined): readonly Act[] {
  const outcome: Outcome = error === undefined ? { type: 'done' } : { type: 'failed', error };
  return acts.map((act) => (act.number === number ? { ...act, outcome } : act));
}

/** The process will not answer any more. */
export function failActs(acts: readonly Act[], error: string): readonly Act[] {
  return acts.map((act) => (act.outcome.type === 'pending' ? { ...act, outcome: { type: 'failed', error } } : act));
}

const words = {
  text: ['sending the text', 'text sent'],
  ping: ['sending a ping', 'ping sent'],
  close: ['closing', 'closed'],
  suspend: ['suspending', 'suspended'],
  resume: ['resuming', 'resumed'],
  kill: ['killing', 'killed'],
} as const satisfies Record<Action['type'], readonly [during: string, after: string]>;

/** How it went, in words. */
export function outcomeText({ action, outcome }: Act): string {
  const [during, after] = words[action.type];
  const what = action.type === 'close' ? ` with ${action.code}` : '';
  if (outcome.type === 'pending') return `${during}${what} …`;
  return outcome.type === 'done' ? `${after}${what}` : `${during}${what} failed: ${outcome.error}`;
}

/** The longest reason of a close frame, in bytes (RFC 6455 §5.5). */
const longestReason = 123;

/** What is wrong with a reason for a close frame; the empty text if nothing is. */
export function reasonProblem(reason: string): string {
  const { length } = new TextEncoder().encode(reason);
  return length > longestReason ? `A reason has at most ${longestReason} bytes; these are ${length}.` : '';
}
