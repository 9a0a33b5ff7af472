import { type CompressedFrame, type ReceivedFrame, type ReceivedText, received, text } from '@genws/protocol';
import { Behaviour } from './behaviour.ts';
import type { SessionContext } from './data-lane.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Returned } from './handler.ts';
import { startOpen } from './machine-paths.fixture.ts';
import { createMailboxOnly } from './mailbox-only.fixture.ts';
import { type ResolvedTuning, resolveTuning, type SessionTuning } from './options.ts';
import { createOutbox, deflateOf } from './outbox.fixture.ts';

const { context: openContext } = startOpen('server').actor.getSnapshot();

/** An open session whose handler is idle, but for what is given. */
const contextOf = (changes: Partial<SessionContext> = {}): SessionContext => ({ ...openContext, ...changes });
export const open = contextOf();
export const inactive = contextOf({ active: false });
export const throttled = contextOf({ throttled: true });
export const congested = contextOf({ congested: true });

interface Settings extends SessionTuning {
  /** What the handler returns for a message or frame. */
  readonly answer?: (what: string) => Returned<string> | undefined;
}

/** A dispatcher of a handler that writes down what it is called with. */
export function createDispatcher({ answer, ...options }: Settings = {}) {
  const { session, messages } = createMailboxOnly<string>();
  const { outbox, sink } = createOutbox({ maxBuffered: 1e6, highWater: 1000 });
  const tuning = resolveTuning({ ...options, limits: { highWater: 1000, ...options.limits } });
  const lines: string[] = [];
  const call = (what: string): Returned<string> => {
    lines.push(what);
    return answer?.(what) ?? ['ok', 'state'];
  };
  const behaviour = new Behaviour<string>(
    {
      init: () => ['ok', 'state'],
      handleIn: (frame) => call(nameOf(frame)),
      handleInfo: (message) => call(`info ${message}`),
    },
    { outbox, self: session, logger: () => {} },
  );
  const clock = { now: 0 };
  const compression = deflateOf('server', { offload: 100 });
  const owner = {
    behaviour,
    get overflowing() {
      return outbox.overflowing;
    },
    compression,
    self: session,
    tuning,
    clock: { now: () => clock.now },
  };
  const dispatcher = new Dispatcher(owner);
  /** Options have changed. */
  const tune = (changed: ResolvedTuning): void => {
    const before = owner.tuning;
    owner.tuning = changed;
    dispatcher.tuned(before);
  };
  behaviour.apply('init', ['ok', 'state']);
  return { dispatcher, tune, outbox, sink, lines, messages, tuning, clock, compression };
}

const nameOf = (frame: ReceivedFrame): string => (frame.type === 'text' ? frame.data : frame.type);
export const receivedText = (data: string): ReceivedText => received('text', Buffer.from(data));
export const info = (message: string) => ({ type: 'info', message }) as const;
export const pong = { type: 'pong', data: new Uint8Array(0) } as const;

/** A message as a peer deflates it. */
export function compressed(data: string): CompressedFrame {
  const frame = deflateOf('client', { threshold: 0, offload: Infinity }).deflate(text(data));
  if (frame instanceof Promise || frame.type !== 'compressed') throw new TypeError('it was to be deflated at once');
  return frame;
}
