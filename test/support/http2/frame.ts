/** Types of HTTP/2 frames (RFC 9113 §6). */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of HTTP/2 frames; what a bit means depends on the type (RFC 9113 §6). */
export const frameFlag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Error codes of RST_STREAM and GOAWAY (RFC 9113 §7). */
export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
} as const;

/** Identifiers of settings (RFC 9113 §6.5.2, RFC 8441 §3). */
export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
} as const;

/** What a client sends before its first frame (RFC 9113 §3.4). */
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** The window that streams and connections have until somebody says otherwise, bytes (RFC 9113 §6.9.2). */
export const defaultWindow = 65_535;

/** A frame as it stood on the wire. */
export interface Http2Frame {
  readonly type: number;
  readonly flags: number;
  /** 0 is the connection. */
  readonly stream: number;
  readonly payload: Buffer;
}

/** A frame as a peer could write it, legal or not: every field is taken as given. */
export interface RawHttp2Frame {
  readonly type: number;
  /** Default none. */
  readonly flags?: number;
  /** Default 0, the connection. */
  readonly stream?: number;
  readonly payload?: Uint8Array | string;
  /** The length that the header states. Default: that of the payload. */
  readonly announced?: number;
}

/** The bytes of a frame, written octet by octet (RFC 9113 §4.1). */
export function http2Frame({ type, flags = 0, stream = 0, payload = '', announced }: RawHttp2Frame): Buffer {
  const content = Buffer.from(payload);
  const header = Buffer.alloc(9);
  header.writeUIntBE(announced ?? content.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, content]);
}

/** SETTINGS with these values, in this order (RFC 9113 §6.5.1). */
export function settingsFrame(pairs: Iterable<readonly [id: number, value: number]>): RawHttp2Frame {
  const entries = [...pairs].map(([id, value]) => {
    const entry = Buffer.alloc(6);
    entry.writeUInt16BE(id);
    entry.writeUInt32BE(value, 2);
    return entry;
  });
  return { type: frameType.settings, payload: Buffer.concat(entries) };
}

/** A payload of 32 bits: RST_STREAM's code, WINDOW_UPDATE's increment. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** HEADERS and CONTINUATION for a block, no piece of it larger than `pieceSize` (RFC 9113 §6.2, §6.10). */
export function headersFrames(stream: number, block: Buffer, endStream: boolean, pieceSize: number): RawHttp2Frame[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += pieceSize) pieces.push(block.subarray(at, at + pieceSize));
  return pieces.map((payload, index) => ({
    type: index === 0 ? frameType.headers : frameType.continuation,
    flags:
      (index === 0 && endStream ? frameFlag.endStream : 0) | (index === pieces.length - 1 ? frameFlag.endHeaders : 0),
    stream,
    payload,
  }));
}

/** Frames out of bytes that are cut anywhere. */
export class Http2FrameReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** The frames that are complete with these bytes. */
  push(bytes: Buffer): Http2Frame[] {
    const all = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    const frames: Http2Frame[] = [];
    let at = 0;
    while (all.length >= at + 9) {
      const end = at + 9 + all.readUIntBE(at, 3);
      if (all.length < end) break;
      frames.push({
        type: all.readUInt8(at + 3),
        flags: all.readUInt8(at + 4),
        stream: all.readUInt32BE(at + 5) & 0x7fff_ffff,
        payload: Buffer.from(all.subarray(at + 9, end)),
      });
      at = end;
    }
    this.#bytes = all.subarray(at);
    return frames;
  }
}

/** What HEADERS, DATA and PUSH_PROMISE carry, without padding and priority (RFC 9113 §6.1, §6.2). */
export function contentOf({ type, flags, payload }: Http2Frame): Buffer {
  const padded = (flags & frameFlag.padded) !== 0;
  const from = (padded ? 1 : 0) + (type === frameType.headers && (flags & frameFlag.priority) !== 0 ? 5 : 0);
  return payload.subarray(from, payload.length - (padded ? payload.readUInt8(0) : 0));
}
