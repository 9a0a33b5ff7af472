import { isUtf8 } from 'node:buffer';
import type { Inflater } from './deflate.ts';
import { type Frame, isControl, rsv1 } from './frame.ts';
import type { Violation } from './frame-reader.ts';

/** What a peer tells, frame by frame or in messages. */
export type PeerEvent =
  | { readonly type: 'message'; readonly kind: 'text' | 'binary'; readonly payload: Uint8Array }
  | { readonly type: 'ping' | 'pong'; readonly payload: Uint8Array }
  | { readonly type: 'close'; readonly code: number | undefined; readonly reason: string; readonly payload: Uint8Array }
  | { readonly type: 'violation'; readonly violation: string };

interface Pending {
  readonly opcode: number;
  readonly compressed: boolean;
  readonly parts: Uint8Array[];
}

/** Frames to messages, strictly (RFC 6455 §5.4, RFC 7692 §6.2). */
export class MessageReader {
  readonly #inflater: Inflater | undefined;
  #pending: Pending | undefined;

  constructor(inflater: Inflater | undefined) {
    this.#inflater = inflater;
  }

  /** What a frame completes: nothing, if more fragments are to come. */
  read(frame: Frame): PeerEvent | undefined {
    const { opcode, payload } = frame;
    if (isControl(opcode)) return readControl(frame);
    const pending = this.#pending;
    if ((opcode === 0) !== (pending !== undefined)) {
      return violated(opcode === 0 ? 'a continuation of nothing (§5.4)' : 'a new message inside of another (§5.4)');
    }
    const message = pending ?? { opcode, compressed: (frame.rsv & rsv1) !== 0, parts: [] };
    message.parts.push(payload);
    this.#pending = frame.fin ? undefined : message;
    return frame.fin ? this.#complete(message) : undefined;
  }

  #complete({ opcode, compressed, parts }: Pending): PeerEvent {
    const [first = new Uint8Array()] = parts;
    const joined = parts.length === 1 ? first : Buffer.concat(parts);
    const payload = compressed && this.#inflater ? this.#inflater.inflate(joined) : joined;
    if ('violation' in payload) return violated(payload.violation);
    if (opcode === 2) return { type: 'message', kind: 'binary', payload };
    return isUtf8(payload) ? { type: 'message', kind: 'text', payload } : violated('a text that is no UTF-8 (§8.1)');
  }
}

function readControl({ opcode, payload }: Frame): PeerEvent {
  if (opcode !== 8) return { type: opcode === 9 ? 'ping' : 'pong', payload };
  if (payload.length === 0) return { type: 'close', code: undefined, reason: '', payload };
  if (payload.length === 1) return violated('a close frame with one octet (§5.5.1)');
  const bytes = Buffer.from(payload);
  const code = bytes.readUInt16BE();
  const reason = bytes.subarray(2);
  if (!isUtf8(reason)) return violated('a close frame whose reason is no UTF-8 (§5.5.1)');
  return { type: 'close', code, reason: reason.toString(), payload };
}

const violated = (violation: string): PeerEvent & Violation => ({ type: 'violation', violation });
