import type { TraceEvent } from '@genws/session';
import type { AnyEventObject } from 'xstate';
import { plainOf, type Redact } from './plain.ts';
import type { LogEntry } from './protocol.ts';

/** Events that show elsewhere, or are of no interest: bytes as frames, what the inspector itself asks. */
const unseen: ReadonlySet<string> = new Set(['transport.data', 'system', 'handler.settled', 'xstate.init']);

/** An event in the mailbox of a session. */
export function entryOfEvent(event: AnyEventObject, redact: Redact): LogEntry | undefined {
  const { type } = event;
  if (unseen.has(type)) return undefined;
  const at = Date.now();
  if (type === 'send' && 'frame' in event) return frameEntry('out', event.frame, redact);
  if (type === 'info' && 'message' in event) {
    return { at, kind: 'event', name: type, value: plainOf(event.message, 'message', redact) };
  }
  return { at, kind: /^timeout\.|^xstate\.after/.test(type) ? 'timer' : 'event', name: type };
}

/** A callback of the handler, with the frame that it was given, and those that it replies with. */
export function* entriesOfCall(
  { callback, input, outcome, duration }: TraceEvent,
  redact: Redact,
): Generator<LogEntry> {
  const at = Date.now();
  if (callback === 'handleIn') yield frameEntry('in', input, redact);
  if (outcome.ok) {
    yield { at, kind: 'call', name: callback, duration };
    for (const frame of repliesIn(outcome.value)) yield frameEntry('out', frame, redact);
  } else {
    const value = plainOf(outcome.error, 'error', redact);
    yield { at, kind: 'call', name: callback, duration, failed: true, value };
  }
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
