import {
  type BinaryFrame,
  type CloseFrame,
  describeIllegalFrame,
  PreparedFrame,
  prepare,
  type TextFrame,
} from '@genws/protocol';
import type { OutboundFrame } from './command.ts';
import type { SendOutcome, SendReceipt } from './event.ts';
import type { SlowConsumerPolicy } from './options.ts';
import type { SessionRef } from './session-ref.ts';

/** How to send. */
export interface SendOptions {
  /** What becomes of the frames when the peer does not read, instead of the session's own policy. */
  readonly slowConsumer?: Exclude<SlowConsumerPolicy, 'wait'> | undefined;
}

/** How to send at the peer's pace. */
export interface WaitingSendOptions {
  readonly slowConsumer: 'wait';
}

/**
 * Send a frame, or several in order. A close frame among them begins the closing handshake and ends the list.
 *
 * What leaves in one turn of the event loop leaves in one write. Throws `TypeError` for what is no frame, before
 * anything is sent.
 *
 * With `{ slowConsumer: 'wait' }` it returns a promise that is fulfilled when the session can take more: at once, or, above
 * `highWater`, when the peer has read. A loop that awaits it sends at the peer's pace. Frames beyond `maxBuffered` are
 * `congested` all the same, and can be sent again then.
 *
 * @returns what became of them; `closed`, `congested` and `dropped` frames are not sent
 */
export function send(
  session: SessionRef<never>,
  frames: OutboundFrame | readonly OutboundFrame[],
  options: WaitingSendOptions,
): Promise<SendOutcome>;
export function send(
  session: SessionRef<never>,
  frames: OutboundFrame | readonly OutboundFrame[],
  options?: SendOptions,
): SendOutcome;
export function send(
  session: SessionRef<never>,
  frames: OutboundFrame | readonly OutboundFrame[],
  { slowConsumer }: { readonly slowConsumer?: SlowConsumerPolicy | undefined } = {},
): SendOutcome | Promise<SendOutcome> {
  const list = legal(frames);
  if (slowConsumer !== 'wait') return post(session, list, { outcome: 'queued' }, slowConsumer);
  return new Promise((settled) => {
    const outcome = post(session, list, { outcome: 'queued', settled }, slowConsumer);
    if (outcome === 'closed') settled(outcome);
  });
}

/** How many sessions a message was sent to, and what became of it elsewhere. */
export type PublishOutcome = Readonly<Record<SendOutcome, number>>;

/**
 * Send a frame to many sessions: the members of a group, the sessions of a server. It is encoded once, and compressed
 * once for all that agreed on the same parameters. A peer that does not read holds up nobody else.
 *
 * Throws `TypeError` for what is no frame.
 *
 * @param options `except`: a session that does not get it; `slowConsumer`: what becomes of it where the peer does not
 * read, instead of each session's own policy
 * @returns counts of what became of it
 */
export function publish(
  sessions: Iterable<SessionRef<never>>,
  frame: OutboundFrame,
  { except, slowConsumer }: SendOptions & { readonly except?: SessionRef<never> | undefined } = {},
): PublishOutcome {
  const frames = legal(frame).map((whole) => (isPlainMessage(whole) ? prepare(whole) : whole));
  const outcomes = { sent: 0, queued: 0, congested: 0, dropped: 0, closed: 0 };
  // Of a copy: what is sent may end a session, which leaves whatever it is a member of.
  for (const session of [...sessions]) {
    if (session !== except) outcomes[post(session, frames, { outcome: 'queued' }, slowConsumer)]++;
  }
  return outcomes;
}

function post(
  session: SessionRef<never>,
  frames: readonly OutboundFrame[],
  receipt: SendReceipt,
  slowConsumer: SlowConsumerPolicy | undefined,
): SendOutcome {
  if (session.state === 'closed') return 'closed';
  session.send({ type: 'send', frames, receipt, slowConsumer });
  return receipt.outcome;
}

/** What is to be sent as a list. */
function legal(frames: OutboundFrame | readonly OutboundFrame[]): readonly OutboundFrame[] {
  const list = isList(frames) ? frames : [frames];
  for (const frame of list) {
    const illegal = describeIllegalFrame(frame);
    if (illegal !== undefined) throw new TypeError(illegal);
  }
  return list;
}

/** Whether a frame is a message that was not prepared yet. */
const isPlainMessage = (frame: OutboundFrame): frame is TextFrame | BinaryFrame =>
  (frame.type === 'text' || frame.type === 'binary') && !(frame instanceof PreparedFrame);

/**
 * Begin the closing handshake (RFC 6455 §7.1.2); the session ends with reason `normal` when the peer has answered. The
 * first call counts. A code that may not be sent becomes 1002, a reason is cut to 123 bytes.
 *
 * Throws `TypeError` when the code is no number or the reason no string.
 *
 * @param code default 1000
 */
export function close(session: SessionRef<never>, code = 1000, reason = ''): void {
  const frame: CloseFrame = { type: 'close', code, reason };
  const illegal = describeIllegalFrame(frame);
  if (illegal !== undefined) throw new TypeError(illegal);
  session.send({ type: 'close', frame });
}

/**
 * End a session now, with reason `shutdown`: the peer gets 1001 and its answer is not waited for. A session that is
 * closing already loses its connection at once.
 *
 * @param reason what `terminate` is told
 */
export function stop(session: SessionRef<never>, reason: unknown = undefined): void {
  session.send({ type: 'stop', reason });
}

const isList = (frames: OutboundFrame | readonly OutboundFrame[]): frames is readonly OutboundFrame[] =>
  Array.isArray(frames);
