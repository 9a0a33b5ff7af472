/** A whole text message. */
export interface TextFrame {
  readonly type: 'text';
  readonly data: string;
}

/** A whole binary message. Sent without a copy: leave the bytes alone until they are on the wire. */
export interface BinaryFrame {
  readonly type: 'binary';
  readonly data: Uint8Array;
}

/** A ping of at most 125 bytes (RFC 6455 §5.5.2). A string is sent as UTF-8. */
export interface PingFrame {
  readonly type: 'ping';
  readonly data?: Uint8Array | string;
}

/** A pong of at most 125 bytes (RFC 6455 §5.5.3). A string is sent as UTF-8. */
export interface PongFrame {
  readonly type: 'pong';
  readonly data?: Uint8Array | string;
}

/**
 * A close frame, with or without a code (RFC 6455 §5.5.1). A code that may not be sent becomes 1002; a reason is cut
 * to 123 bytes of UTF-8 on a code point.
 */
export interface CloseFrame {
  readonly type: 'close';
  readonly code?: number;
  readonly reason?: string;
}

/**
 * A message whose payload is already deflated: its first frame carries RSV1 (RFC 7692 §6). It is not validated as
 * UTF-8 before it has been inflated.
 */
export interface CompressedFrame {
  readonly type: 'compressed';
  readonly kind: 'text' | 'binary';
  readonly data: Uint8Array;
}

/** What can be sent: a whole message or a control frame. */
export type Frame = TextFrame | BinaryFrame | PingFrame | PongFrame | CloseFrame;

/** A text message. */
export const text = (data: string): TextFrame => ({ type: 'text', data });

/** A binary message. */
export const binary = (data: Uint8Array): BinaryFrame => ({ type: 'binary', data });

/** A ping of at most 125 bytes, empty by default. */
export const ping = (data: Uint8Array | string = ''): PingFrame => ({ type: 'ping', data });

/** An unsolicited pong of at most 125 bytes, empty by default. */
export const pong = (data: Uint8Array | string = ''): PongFrame => ({ type: 'pong', data });

/** A Buffer over the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
