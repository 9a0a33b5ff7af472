import { setImmediate } from 'node:timers/promises';
import { binary } from '@genws/protocol';
import { type Command, defineHandler, type Flow, type Session, send } from '@genws/session';
import type { SocketOptions } from './ends.ts';
import { type MemorySessionOptions, startInMemory } from './memory-session.ts';
import type { WireFrame } from './raw-connection.ts';
import { startOver } from './wired-session.ts';

const kibibyte = 1024;
const ok = ['ok', 'state'] as const;
/** Marks that a few messages of {@link chunk} reach. */
export const limits = { highWater: 256 * kibibyte, lowWater: 64 * kibibyte };
/** 32 KiB that begin with a number. */
export const chunk = (number: number) => binary(Buffer.alloc(32 * kibibyte, number));
/** The numbers of such messages among frames that have arrived. */
export const numbersIn = (frames: readonly WireFrame[]): (number | undefined)[] =>
  frames.filter(({ opcode }) => opcode === 2).map(({ payload }) => payload[0]);
/** A handler that writes down what it hears of the flow, and does what it is told. */
function createObserver() {
  const lines: string[] = [];
  const flows: Flow[] = [];
  const handler = defineHandler<string, Flow | Command | string>({
    init: () => ok,
    handleIn(frame) {
      lines.push(frame.type === 'text' ? frame.data : frame.type);
      return ok;
    },
    flowInfo: (flow) => flow,
    handleInfo(message) {
      if (typeof message === 'string') lines.push(message);
      else if ('buffered' in message) {
        flows.push(message);
        lines.push(message.type);
      } else return ['reply', message, 'state'];
      return ok;
    },
    terminate: ({ type }) => {
      lines.push(type);
    },
  });
  return { handler, lines, flows };
}

/** A session in memory with such a handler. */
export function startObserved(options: MemorySessionOptions) {
  const { handler, ...observed } = createObserver();
  return { ...startInMemory({ limits, ...options, handler }), ...observed };
}

/** A session over a wire with such a handler. */
export async function startObservedOver(options: Omit<SocketOptions<never, never>, 'handler'>) {
  const { handler, ...observed } = createObserver();
  return { ...(await startOver({ limits, ...options, handler })), ...observed };
}

/** Send messages to a peer that does not read, until more wait than `bytes` or the session ends: how many it were. */
export async function fill(session: Session<never>, bytes: number): Promise<number> {
  for (let count = 0; ; count++) {
    if (session.buffered > bytes || send(session, chunk(count)) === 'closed') return count;
    await setImmediate();
  }
}
