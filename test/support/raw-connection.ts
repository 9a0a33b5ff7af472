import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Below, socketBelow } from './below.ts';

/** The head of an HTTP message as it stood on the wire. */
export interface RawHead {
  readonly startLine: string;
  /** Names in lower case; the lines of a repeated header joined with `, `. */
  readonly headers: ReadonlyMap<string, string>;
}

/** A frame as it stood on the wire, unmasked. */
export interface WireFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

const endOfHead = Buffer.from('\r\n\r\n');

/** One end of a stream, byte by byte: nothing is sent, answered or closed that the test does not say. */
export class RawConnection<Stream extends Duplex = Socket> {
  readonly socket: Stream;
  /** How it ended: the other side ended it, or it broke. */
  readonly closed: Promise<'ended' | 'reset'>;
  readonly #below: Below;
  #received: Buffer[] = [];
  #size = 0;
  #total = 0;
  #over = false;
  #wake: () => void = () => {};

  constructor(socket: Stream, below: Below = socketBelow(socket)) {
    this.socket = socket;
    this.#below = below;
    if (socket instanceof Socket) socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#size += bytes.length;
      this.#total += bytes.length;
      this.#wake();
    });
    let ended = false;
    socket.on('end', () => {
      ended = !this.#below.isBroken();
      this.#finish();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#finish();
        resolve(ended ? 'ended' : 'reset');
      });
    });
  }

  /** All bytes received. */
  get received(): number {
    return this.#total;
  }

  /** Bytes received and not taken. */
  get unread(): number {
    return this.#size;
  }

  /** Bytes written that the layer below has not taken. */
  get unsent(): number {
    return this.socket.writableLength;
  }

  /** Do not read from here on. */
  pause(): void {
    this.socket.pause();
  }

  /** Read on. */
  resume(): void {
    this.socket.resume();
  }

  /** Write bytes; resolves when the layer below has taken them. */
  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The next `count` bytes. Rejects when the other side ends before. */
  async take(count: number): Promise<Buffer> {
    while (this.#size < count) await this.#more();
    const all = this.#joined();
    this.#keep(all.subarray(count));
    return all.subarray(0, count);
  }

  /** Whether the stream has ended, and nothing of it is left; waits until that is known. */
  async isOver(): Promise<boolean> {
    while (this.#size === 0 && !this.#over) await this.#more().catch(() => {});
    return this.#size === 0;
  }

  /** Everything up to the end of the stream. */
  async rest(): Promise<Buffer> {
    while (!this.#over) await this.#more().catch(() => {});
    const all = this.#joined();
    this.#keep(Buffer.alloc(0));
    return all;
  }

  /** The head of an HTTP request or response. */
  async head(): Promise<RawHead> {
    let end = this.#joined().indexOf(endOfHead);
    while (end === -1) {
      await this.#more();
      end = this.#joined().indexOf(endOfHead);
    }
    const text = (await this.take(end + endOfHead.length)).toString('latin1', 0, end);
    const [startLine = '', ...lines] = text.split('\r\n');
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      const before = headers.get(name);
      headers.set(name, before === undefined ? value : `${before}, ${value}`);
    }
    return { startLine, headers };
  }

  /** The next frame, whatever it is. */
  async frame(): Promise<WireFrame> {
    const [first = 0, second = 0] = await this.take(2);
    const form = second & 0x7f;
    const length =
      form === 127
        ? Number((await this.take(8)).readBigUInt64BE())
        : form === 126
          ? (await this.take(2)).readUInt16BE()
          : form;
    const masked = second >= 0x80;
    const key = masked ? await this.take(4) : undefined;
    const payload = await this.take(length);
    if (key !== undefined) for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (key[i % 4] ?? 0);
    return { opcode: first & 0x0f, fin: first >= 0x80, rsv: (first >> 4) & 7, masked, payload };
  }

  /** The next frame, which must be text. */
  async text(): Promise<string> {
    const { opcode, payload } = await this.frame();
    if (opcode !== 1) throw new Error(`opcode ${opcode} came where text was awaited: ${payload.toString('hex')}`);
    return payload.toString('utf8');
  }

  /** The next frame, which must be a close frame: its code, if it has one. */
  async closeCode(): Promise<number | undefined> {
    const { opcode, payload } = await this.frame();
    if (opcode !== 8) throw new Error(`opcode ${opcode} came where a close frame was awaited: ${payload.toString()}`);
    return payload.length === 0 ? undefined : payload.readUInt16BE();
  }

  /** End our direction, after some last bytes. */
  end(last?: Uint8Array): void {
    if (last === undefined) this.socket.end();
    else this.socket.end(last);
  }

  /** Break the connection: a TCP reset, or that of a stream. */
  reset(): void {
    this.#below.reset();
  }

  /** End what is below without a word: TCP's FIN, under TLS without its close_notify. */
  hangUp(): void {
    this.#below.hangUp();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
    this.#below.hangUp();
  }

  #joined(): Buffer {
    const all = this.#received.length === 1 ? (this.#received[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#received);
    this.#received = [all];
    return all;
  }

  #keep(bytes: Buffer): void {
    this.#received = bytes.length === 0 ? [] : [bytes];
    this.#size = bytes.length;
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (!this.#over) resolve();
        else
          reject(new Error(`the stream has ended after ${JSON.stringify(this.#joined().toString('latin1', 0, 200))}`));
      };
      if (this.#over) settle();
      else this.#wake = settle;
    });
  }

  #finish(): void {
    this.#over = true;
    this.#wake();
  }
}
