import type { TraceEvent } from '@genws/session';
import type { AnyEventObject } from 'xstate';
import type { LogEntry } from '../protocol.ts';
import { plainOf, type Redact } from '../values/plain.ts';

/** Makes an entry, if there is room for it. */
export type Draft = () => LogEntry;

/** Events that show elsewhere, or are of no interest: bytes as frames, what the inspector itself asks. */
const unseen: ReadonlySet<string> = new Set(['transport.data', 'system', 'handler.settled', 'xstate.init']);

/** An event in the mailbox of a session; of frames to be sent, each. */
export function draftsOfEvent(event: AnyEventObject, redact: Redact): readonly Draft[] {
  const { type } = event;
  if (unseen.has(type)) return [];
  if (type === 'send' && 'frames' in event && Array.isArray(event.frames)) {
    return event.frames.map((frame: unknown) => () => frameEntry('out', frame, redact));
  }
  const at = Date.now();
  if (type === 'info' && 'message' in event) {
    return [() => ({ at, kind: 'event', name: type, value: plainOf(event.message, 'message', redact) })];
  }
  return [() => ({ at, kind: /^timeout\.|^xstate\.after/.test(type) ? 'timer' : 'event', name: type })];
}

/** A callback of the handler, with the frame that it was given, and those that it replies with. */
export function draftsOfCall({ callback, input, outcome, duration }: TraceEvent, redact: Redact): readonly Draft[] {
  const call = { at: Date.now(), kind: 'call', name: callback, duration } as const;
  const before: readonly Draft[] = callback === 'handleIn' ? [() => frameEntry('in', input, redact)] : [];
  if (!outcome.ok) {
    return [...before, () => ({ ...call, failed: true, value: plainOf(outcome.error, 'error', redact) })];
  }
  const replies = repliesIn(outcome.value).map((frame) => () => frameEntry('out', frame, redact));
  return [...before, () => call, ...replies];
}

/** The frames in `['reply', frames, state]`. */
function repliesIn(result: unknown): readonly unknown[] {
  if (!Array.isArray(result) || result[0] !== 'reply') return [];
  return [result[1]].flat().filter((command) => opcodeOf(command) !== undefined);
}

function frameEntry(kind: 'in' | 'out', frame: unknown, redact: Redact): LogEntry {
  const data = payloadOf(frame);
  return {
    at: Date.now(),
    kind,
    name: opcodeOf(frame) ?? 'frame',
    ...(data === undefined ? {} : { size: typeof data === 'string' ? Buffer.byteLength(data) : data.length }),
    ...(data === undefined ? closing(frame) : { value: plainOf(data, 'payload', redact) }),
  };
}

const opcodes: ReadonlySet<unknown> = new Set(['text', 'binary', 'ping', 'pong', 'close']);

function opcodeOf(frame: unknown): string | undefined {
  const isFrame = typeof frame === 'object' && frame !== null && 'type' in frame && opcodes.has(frame.type);
  return isFrame ? String(frame.type) : undefined;
}

function payloadOf(frame: unknown): string | Uint8Array | undefined {
  if (typeof frame !== 'object' || frame === null || !('data' in frame)) return undefined;
  return typeof frame.data === 'string' || frame.data instanceof Uint8Array ? frame.data : undefined;
}

/** The code of a close frame is nobody's secret. */
function closing(frame: unknown): Pick<LogEntry, 'value'> {
  const isClose = typeof frame === 'object' && frame !== null && 'code' in frame && typeof frame.code === 'number';
  return isClose ? { value: { type: 'number', value: String(frame.code) } } : {};
}
