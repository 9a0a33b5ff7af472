import { inspect } from 'node:util';
import { describeIllegalFrame, type Frame, type PreparedFrame, ReceivedMessage } from '@genws/protocol';
import { describeIllegalTuning, type SessionTuning } from './options.ts';

/** A frame to send: a plain frame, one that was received, or one prepared for many. */
export type OutboundFrame = Frame | PreparedFrame;

/** Take what the peer sends, or do not: what it has sent waits, and its own writing comes to a halt. */
export interface ActiveCommand {
  readonly type: 'active';
  readonly active: boolean;
}

/** Compress the messages that follow, or do not. Without an effect where compression was not agreed on. */
export interface DeflateCommand {
  readonly type: 'deflate';
  readonly deflate: boolean;
}

/** Change limits and timeouts of this session. */
export interface SetOptionsCommand {
  readonly type: 'setOptions';
  readonly options: SessionTuning;
}

/** What monitors are told when the session ends, unless it crashes: `{ type: 'shutdown', reason }`. */
export interface ShutdownReasonCommand {
  readonly type: 'shutdownReason';
  readonly reason: unknown;
}

/** What a reply is made of: frames, and changes to the session. They take effect in their order. */
export type Command = OutboundFrame | ActiveCommand | DeflateCommand | SetOptionsCommand | ShutdownReasonCommand;

/**
 * `active(false)` stops reading the peer and dispatching what it has sent, so that it feels TCP's back-pressure;
 * messages of actors are dispatched as before. Pings are not answered meanwhile, and the peer's silence does not count.
 * `active(true)` goes on where reading stopped.
 */
export const active = (on: boolean): ActiveCommand => ({ type: 'active', active: on });

/** Compress the messages that follow, or send them as they are (RFC 7692 §6). */
export const deflate = (on: boolean): DeflateCommand => ({ type: 'deflate', deflate: on });

/** Change limits and timeouts from here on: `setOptions({ idleTimeout: 5000, limits: { maxMessage: 1000 } })`. */
export const setOptions = (options: SessionTuning): SetOptionsCommand => ({ type: 'setOptions', options });

/** Let monitors and supervisors see `{ type: 'shutdown', reason }` as the reason of a session that ends without a crash. */
export const shutdownReason = (reason: unknown): ShutdownReasonCommand => ({ type: 'shutdownReason', reason });

/** Why a value cannot stand in a reply, in words, or `undefined` when it can. */
export function describeIllegalCommand(command: Command): string | undefined {
  if (command instanceof ReceivedMessage) return undefined; // an echo, the shortest way
  const type: unknown = typeof command === 'object' && command !== null ? command.type : undefined;
  switch (type) {
    case 'active':
    case 'deflate':
      return describeIllegalSwitch(command, type);
    case 'setOptions':
      return describeIllegalTuning('options' in command ? command.options : undefined);
    case 'shutdownReason':
      return undefined;
    case 'compressed':
      return 'a message is compressed by the session, not by its handler';
    default:
      return describeIllegalFrame(command);
  }
}

function describeIllegalSwitch(command: object, name: 'active' | 'deflate'): string | undefined {
  const value: unknown = Reflect.get(command, name);
  return typeof value === 'boolean' ? undefined : `${name} is true or false, not ${inspect(value)}`;
}
