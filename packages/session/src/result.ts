import type { Command } from './command.ts';
import type { Decision, HandlerCommanded } from './event.ts';
import { type AnswerResult, hibernate, type Result } from './handler.ts';
import type { CallbackName } from './reason.ts';

/** What any callback may return. */
export type AnyResult = Result<unknown> | AnswerResult<unknown>;

/** Whether a callback has returned a result at all. */
export function isResult(result: unknown): result is AnyResult {
  if (!Array.isArray(result)) return false;
  const tag: unknown = result[0]; // no pattern: that would go through an iterator
  const length = tag === 'ok' ? 2 : tag === 'reply' || tag === 'stop' || tag === 'answer' ? 3 : 0;
  if (result.length === length) return length > 0;
  return result.length === length + 1 && (tag === 'ok' || tag === 'reply') && result[length] === hibernate;
}

/** What a callback is told that has returned something else. */
export function noResult(callback: CallbackName): TypeError {
  const answers = callback === 'handleInfo' ? ", or to a call ['answer', reply, state]" : '';
  return new TypeError(
    `${callback} must return ['ok', state], ['reply', commands, state] or ['stop', reason, state]${answers}`,
  );
}

export const isCommandList = (commands: Command | readonly Command[]): commands is readonly Command[] =>
  Array.isArray(commands);

/** Whether a result is still to come. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (Array.isArray(value)) return false; // a result, nearly always
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** What a command changes in the session, before it is said what. */
export const unchanged: HandlerCommanded = {
  type: 'handler.commanded',
  active: undefined,
  shutdownReason: undefined,
  options: [],
  hibernate: false,
  next: undefined,
};

/** What two commands of a reply change. */
export const merged = (earlier: HandlerCommanded, later: HandlerCommanded): HandlerCommanded => ({
  ...unchanged,
  active: later.active ?? earlier.active,
  shutdownReason: later.shutdownReason ?? earlier.shutdownReason,
  options: [...earlier.options, ...later.options],
});

/** What a result with `hibernate` leads to. */
export const hibernating = (decision: Decision): HandlerCommanded =>
  decision?.type === 'handler.commanded'
    ? { ...decision, hibernate: true }
    : { ...unchanged, hibernate: true, next: decision };
