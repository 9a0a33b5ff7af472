import { deliver, type Logger } from '@genws/actor';
import type { Handler } from './handler.ts';
import { isThenable } from './result.ts';
import type { TraceEvent, TraceListener } from './system-request.ts';

/** Who hears of a handler that is being traced. */
const listenersOf = new WeakMap<object, readonly TraceListener[]>();

/** Who hears of the calls of a handler: nobody, unless it is one of {@link traced}. */
export const tracersOf = (handler: object): readonly TraceListener[] => listenersOf.get(handler) ?? [];

/**
 * The callbacks of a handler that have a state, told of as they are called. Who is not traced pays nothing for it. What
 * a listener throws is reported, and breaks nothing.
 *
 * @param session the name of the session in reports
 */
export function traced<Info>(
  handler: Handler<unknown, Info>,
  listeners: readonly TraceListener[],
  session: string,
  logger: Logger,
): Handler<unknown, Info> {
  const told = <Result>(callback: TraceEvent['callback'], input: unknown, call: () => Result): Result => {
    const started = performance.now();
    const tell = (outcome: TraceEvent['outcome']): void => {
      const event = { callback, input, outcome, duration: performance.now() - started };
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          const text = 'the listener of a trace threw';
          deliver(logger, { level: 'error', event: 'session.traceFailed', text, error, fields: { session } });
        }
      }
    };
    let value: Result;
    try {
      value = call();
    } catch (error) {
      tell({ ok: false, error });
      throw error;
    }
    if (isThenable(value))
      value.then(
        (settled) => tell({ ok: true, value: settled }),
        (error: unknown) => tell({ ok: false, error }),
      );
    else tell({ ok: true, value });
    return value;
  };
  const { handleInfo, terminate } = handler;
  const watched: Handler<unknown, Info> = {
    init: (request, opts, self) => handler.init(request, opts, self),
    handleIn: (frame, state, self) => told('handleIn', frame, () => handler.handleIn(frame, state, self)),
    ...(handleInfo && {
      handleInfo: (message, state, self) =>
        told('handleInfo', message, () => handleInfo.call(handler, message, state, self)),
    }),
    ...(terminate && {
      terminate: (reason, state, self) => told('terminate', reason, () => terminate.call(handler, reason, state, self)),
    }),
  };
  listenersOf.set(watched, listeners);
  return watched;
}
