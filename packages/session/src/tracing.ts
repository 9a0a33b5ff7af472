import type { Handler } from './handler.ts';
import type { TraceEvent, TraceListener } from './system-request.ts';

/** A handler that does what another does, and tells of it. Who is not traced pays nothing for it. */
export function traced<Info>(handler: Handler<unknown, Info>, listener: TraceListener): Handler<unknown, Info> {
  const told = <Result>(callback: TraceEvent['callback'], input: unknown, call: () => Result): Result => {
    const started = performance.now();
    const tell = (outcome: TraceEvent['outcome']): void =>
      listener({ callback, input, outcome, duration: performance.now() - started });
    try {
      const value = call();
      if (value instanceof Promise)
        value.then(
          (settled) => tell({ ok: true, value: settled }),
          (error: unknown) => tell({ ok: false, error }),
        );
      else tell({ ok: true, value });
      return value;
    } catch (error) {
      tell({ ok: false, error });
      throw error;
    }
  };
  const { handleInfo, terminate } = handler;
  return {
    ...handler,
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
}
