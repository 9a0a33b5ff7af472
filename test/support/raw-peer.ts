import type { Role } from '@genws/protocol';
import type { Transport, TransportEvent } from '@genws/session';
import type { WireFrame } from './raw-connection.ts';
import { type RawFrame, rawFrame, someKey } from './raw-frame.ts';

export interface RawPeerOptions {
  /** Whose side the peer plays: a client masks. Default `client`. */
  readonly role?: Role;
  /** Bytes read past the handshake. */
  readonly head?: Uint8Array;
  /** Whether it reads from the beginning. Default true. */
  readonly reading?: boolean;
}

const names: Readonly<Record<number, string>> = {
  0: 'more',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** A frame in a form that reads well in a report: `text hello`, `close 1000 bye`, `binary 00ff`. */
export function plainFrame({ opcode, fin, payload }: WireFrame): string {
  const name = `${names[opcode] ?? `opcode ${opcode}`}${fin ? '' : ' (unfinished)'}`;
  if (payload.length === 0) return name;
  if (opcode === 2) return `${name} ${payload.toString('hex')}`;
  if (opcode !== 8) return `${name} ${payload.toString('utf8')}`;
  return `${name} ${payload.readUInt16BE()} ${payload.toString('utf8', 2)}`.trimEnd();
}

/** The payload of a close frame; of a bare one without a code. */
export function closePayload(code?: number, reason = ''): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return payload;
}

/**
 * The other end of a transport: sends any bytes and reads frames with a reader of its own. It answers nothing, neither
 * pings nor close frames, and leaves the stream open until it is told to end it or the other side has.
 */
export class RawPeer {
  /** Every frame that has arrived, in order. */
  readonly frames: WireFrame[] = [];
  /** Batches of bytes that have arrived. */
  batches = 0;
  readonly #transport: Transport;
  readonly #masks: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #taken = 0;
  #over = false;
  #waiting: (() => void)[] = [];

  constructor(transport: Transport, { role = 'client', head, reading = true }: RawPeerOptions = {}) {
    this.#transport = transport;
    this.#masks = role === 'client';
    if (head !== undefined) this.#arrive(head);
    transport.handOver((event) => this.#hear(event));
    if (reading) this.resume();
  }

  /** Whether the stream has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** The frames so far, in plain form. */
  get seen(): string[] {
    return this.frames.map(plainFrame);
  }

  /** Send frames, one write for all of them. */
  send(...frames: readonly RawFrame[]): void {
    this.write(Buffer.concat(frames.map((frame) => this.encode(frame))));
  }

  /** A frame as this peer sends it: masked if it is a client. */
  encode(frame: RawFrame): Buffer {
    return rawFrame(this.#masks ? { key: someKey, ...frame } : frame);
  }

  write(bytes: Uint8Array): void {
    this.#transport.send([bytes]);
  }

  text(payload: string): void {
    this.send({ opcode: 1, payload });
  }

  ping(payload: string): void {
    this.send({ opcode: 9, payload });
  }

  /** Send a close frame; a bare one without a code. */
  close(code?: number, reason?: string): void {
    this.send({ opcode: 8, payload: closePayload(code, reason) });
  }

  /** End our direction of the stream. */
  end(): void {
    this.#transport.close();
  }

  /** Let go of the connection. */
  abort(): void {
    this.#transport.abort();
  }

  pause(): void {
    this.#transport.activate(0);
  }

  resume(): void {
    this.#transport.activate(Number.POSITIVE_INFINITY);
  }

  /** Read what there is, and no more. */
  readOnce(): void {
    this.#transport.activate(1);
  }

  /** The next frame, now or when it comes. Rejects when the stream has ended. */
  async frame(): Promise<WireFrame> {
    for (;;) {
      const frame = this.frames[this.#taken];
      if (frame !== undefined) {
        this.#taken++;
        return frame;
      }
      if (this.#over) throw new Error(`the stream has ended after ${JSON.stringify(this.seen)}`);
      await this.#news();
    }
  }

  /** The next frame in plain form. */
  async next(): Promise<string> {
    return plainFrame(await this.frame());
  }

  /** The next `count` frames in plain form. */
  async take(count: number): Promise<string[]> {
    const taken: string[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** Resolves when the stream has ended. */
  async ended(): Promise<void> {
    while (!this.#over) await this.#news();
  }

  /** The frames not taken yet, up to the end of the stream, in plain form. */
  async rest(): Promise<string[]> {
    await this.ended();
    const rest = this.frames.slice(this.#taken);
    this.#taken = this.frames.length;
    return rest.map(plainFrame);
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #hear(event: TransportEvent): void {
    if (event.type === 'transport.drained') return;
    if (event.type === 'transport.data') {
      this.batches++;
      this.#arrive(event.bytes);
    } else this.#over = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #arrive(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#bytes, bytes]);
    let at = 0;
    for (let read = readFrame(all, at); read !== undefined; read = readFrame(all, at)) {
      this.frames.push(read.frame);
      at = read.end;
    }
    this.#bytes = all.subarray(at);
  }
}

/** The frame that begins at `start`, if all of it is there (RFC 6455 §5.2). */
function readFrame(bytes: Buffer, start: number): { frame: WireFrame; end: number } | undefined {
  if (bytes.length < start + 2) return undefined;
  const first = bytes.readUInt8(start);
  const second = bytes.readUInt8(start + 1);
  const form = second & 0x7f;
  const masked = second >= 0x80;
  const afterLength = start + 2 + (form === 127 ? 8 : form === 126 ? 2 : 0);
  const from = afterLength + (masked ? 4 : 0);
  if (bytes.length < from) return undefined;
  const length =
    form === 127 ? Number(bytes.readBigUInt64BE(start + 2)) : form === 126 ? bytes.readUInt16BE(start + 2) : form;
  const end = from + length;
  if (bytes.length < end) return undefined;
  const payload = Buffer.from(bytes.subarray(from, end));
  if (masked) for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (bytes[afterLength + (i % 4)] ?? 0);
  return { frame: { opcode: first & 0x0f, fin: first >= 0x80, rsv: (first >> 4) & 7, masked, payload }, end };
}
