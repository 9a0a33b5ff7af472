import type { Socket } from 'node:net';
import { Inbox } from '../inbox.ts';
import {
  contentOf,
  defaultWindow,
  errorCode,
  frameFlag,
  frameType,
  type Http2Frame,
  Http2FrameReader,
  headersFrames,
  http2Frame,
  preface,
  type RawHttp2Frame,
  setting,
  settingsFrame,
  uint32,
} from './frame.ts';
import { type HeaderLine, HpackDecoder, headerBlock } from './hpack.ts';
import { Http2PeerStream } from './peer-stream.ts';

export interface Http2PeerOptions {
  /** Which side it plays. Default `client`. */
  readonly role?: 'client' | 'server';
  /** Its SETTINGS. Default none. */
  readonly settings?: Iterable<readonly [id: number, value: number]>;
  /** Whether it sends its SETTINGS, and a client the preface, at once. Default true; if not, `greet` does. */
  readonly greets?: boolean;
  /** Whether it acknowledges SETTINGS and PING. Default true. */
  readonly answers?: boolean;
  /** Whether it gives back the windows that DATA has taken, of streams and of the connection. Default true. */
  readonly replenishes?: boolean;
}

/** The name of an error code of RFC 9113 §7. */
const errorName = (code: number): string =>
  Object.entries(errorCode).find(([, value]) => value === code)?.[0] ?? `${code}`;

/**
 * One end of an HTTP/2 connection, frame by frame, on a socket: it sends whatever the test says, legal or not. Windows
 * are counted, but only `Http2PeerStream.pour` heeds them.
 */
export class Http2Peer implements Disposable {
  readonly socket: Socket;
  /** How many frames of each type have come. */
  readonly counts = new Map<number, number>();
  /** The other side's SETTINGS, as they stand now. */
  readonly settings = new Map<number, number>();
  /** Each SETTINGS frame of the other side, in order. */
  readonly settingsFrames: (readonly [id: number, value: number][])[] = [];
  /** Streams that the other side has opened. */
  readonly incoming = new Inbox<Http2PeerStream>();
  /** The payloads of acknowledged PINGs. */
  readonly pongs = new Inbox<Buffer>();
  /** The other side's first SETTINGS have come. */
  readonly ready: Promise<void>;
  /** The other side's first GOAWAY: its error and the last stream that it has taken. Never resolves without one. */
  readonly goneAway: Promise<{ readonly code: string; readonly lastStream: number }>;
  /** The connection is over: the error of the last GOAWAY, if any came. */
  readonly closed: Promise<string | undefined>;
  readonly replenishes: boolean;
  /** Bytes of DATA that may be sent on the connection. */
  sendWindow = defaultWindow;
  readonly #tcp: Socket;
  /** Answers that wait for our SETTINGS, which come first. `undefined`: they have been sent. */
  #early: RawHttp2Frame[] | undefined = [];
  readonly #answers: boolean;
  readonly #server: boolean;
  readonly #frames = new Http2FrameReader();
  readonly #hpack = new HpackDecoder();
  readonly #streams = new Map<number, Http2PeerStream>();
  #next: number;
  #prefaceLeft: number;
  #block: { readonly stream: number; readonly flags: number; readonly parts: Buffer[] } | undefined;
  #wakers: (() => void)[] = [];
  #over = false;
  readonly #isReady = Promise.withResolvers<void>();
  readonly #isGone = Promise.withResolvers<{ readonly code: string; readonly lastStream: number }>();

  /** @param tcp the socket below TLS */
  constructor(
    socket: Socket,
    { role = 'client', settings = [], greets = true, answers = true, replenishes = true }: Http2PeerOptions = {},
    tcp: Socket = socket,
  ) {
    this.socket = socket;
    this.#tcp = tcp;
    this.#server = role === 'server';
    this.#next = this.#server ? 2 : 1;
    this.#prefaceLeft = this.#server ? preface.length : 0;
    this.#answers = answers;
    this.replenishes = replenishes;
    this.ready = this.#isReady.promise;
    this.goneAway = this.#isGone.promise;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => this.#hear(bytes));
    let goAway: string | undefined;
    void this.goneAway.then(({ code }) => {
      goAway = code;
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#over = true;
        this.#isReady.resolve();
        for (const stream of this.#streams.values()) stream.lose();
        this.#wake();
        resolve(Promise.resolve().then(() => goAway));
      });
    });
    if (greets) this.greet(settings);
  }

  /** Send the preface, or what is left of it, if it is the client, and SETTINGS. */
  greet(settings: Iterable<readonly [id: number, value: number]>, start: Uint8Array = preface): void {
    if (!this.#server) this.write(start);
    this.send(settingsFrame(settings), ...(this.#early ?? []));
    this.#early = undefined;
  }

  /** Whether the connection is over. */
  get over(): boolean {
    return this.#over;
  }

  /** Write bytes as they are. */
  write(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Send frames, one write for all of them. */
  send(...frames: readonly RawHttp2Frame[]): void {
    this.write(Buffer.concat(frames.map(http2Frame)));
  }

  /** Open the next stream of ours with these lines, in one HEADERS frame. */
  open(lines: Iterable<HeaderLine>, { endStream = false }: { readonly endStream?: boolean } = {}): Http2PeerStream {
    return this.openWith(headerBlock(lines), { endStream });
  }

  /** Open the next stream of ours with a header block, cut into as many CONTINUATION frames as `cuts` says. */
  openWith(
    block: Buffer,
    { endStream = false, pieceSize = Infinity }: { readonly endStream?: boolean; readonly pieceSize?: number } = {},
  ): Http2PeerStream {
    const stream = this.reserve();
    this.send(...headersFrames(stream.id, block, endStream, pieceSize));
    return stream;
  }

  /** The next stream of ours, with nothing sent on it. */
  reserve(): Http2PeerStream {
    const stream = this.#stream(this.#next);
    this.#next += 2;
    return stream;
  }

  /** Allow the other side so many bytes more, on a stream or on the connection, 0. */
  allow(stream: number, increment: number): void {
    this.send({ type: frameType.windowUpdate, stream, payload: uint32(increment) });
  }

  /** Send PING, and wait for its answer: by then, everything sent before has been read by the other side. */
  async ping(payload = 'a ping 8'): Promise<void> {
    this.send({ type: frameType.ping, payload });
    await Promise.race([this.pongs.next(), this.closed]);
  }

  /** Send GOAWAY: streams above `lastStream` are not taken. */
  goAway(code: number = errorCode.noError, lastStream = 0): void {
    this.send({ type: frameType.goAway, payload: Buffer.concat([uint32(lastStream), uint32(code)]) });
  }

  /** End our direction of the connection. */
  end(): void {
    this.socket.end();
  }

  /** Break the connection: a TCP reset. */
  reset(): void {
    this.#tcp.resetAndDestroy();
  }

  /** Resolves when a window has grown, or the connection is over. */
  windowChange(): Promise<void> {
    if (this.#over) return Promise.resolve();
    return new Promise((resolve) => this.#wakers.push(resolve));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #stream(id: number): Http2PeerStream {
    const known = this.#streams.get(id);
    if (known !== undefined) return known;
    const stream = new Http2PeerStream(this, id, this.settings.get(setting.initialWindowSize) ?? defaultWindow);
    this.#streams.set(id, stream);
    if (id % 2 === (this.#server ? 1 : 0)) this.incoming.push(stream);
    if (this.#over) stream.lose();
    return stream;
  }

  #hear(bytes: Buffer): void {
    const skipped = Math.min(this.#prefaceLeft, bytes.length);
    this.#prefaceLeft -= skipped;
    for (const frame of this.#frames.push(bytes.subarray(skipped))) {
      this.counts.set(frame.type, (this.counts.get(frame.type) ?? 0) + 1);
      this.#take(frame);
    }
  }

  #take(frame: Http2Frame): void {
    const { type, flags, stream, payload } = frame;
    const ack = (flags & frameFlag.ack) !== 0;
    if (type === frameType.settings && !ack) this.#set(payload);
    else if (type === frameType.ping) {
      if (ack) this.pongs.push(payload);
      else this.#answer({ type, flags: frameFlag.ack, payload });
    } else if (type === frameType.goAway) {
      this.#isGone.resolve({ lastStream: payload.readUInt32BE(), code: errorName(payload.readUInt32BE(4)) });
    } else if (type === frameType.windowUpdate) this.#grow(stream, payload.readUInt32BE());
    else if (type === frameType.headers) {
      this.#block = { stream, flags, parts: [contentOf(frame)] };
      this.#endBlock(flags);
    } else if (type === frameType.continuation) {
      this.#block?.parts.push(payload);
      this.#endBlock(flags);
    } else if (type === frameType.data) {
      if (this.replenishes && payload.length > 0) this.allow(0, payload.length);
      this.#stream(stream).hearData(contentOf(frame), payload.length, (flags & frameFlag.endStream) !== 0);
    } else if (type === frameType.rstStream) this.#stream(stream).hearReset(errorName(payload.readUInt32BE()));
  }

  #answer(frame: RawHttp2Frame): void {
    if (!this.#answers) return;
    if (this.#early === undefined) this.send(frame);
    else this.#early.push(frame);
  }

  #endBlock(flags: number): void {
    if ((flags & frameFlag.endHeaders) === 0 || this.#block === undefined) return;
    const { stream, flags: first, parts } = this.#block;
    this.#block = undefined;
    const lines = this.#hpack.decode(Buffer.concat(parts));
    this.#stream(stream).hearHeaders(lines, (first & frameFlag.endStream) !== 0);
  }

  #set(payload: Buffer): void {
    const pairs: [number, number][] = [];
    for (let at = 0; at < payload.length; at += 6) pairs.push([payload.readUInt16BE(at), payload.readUInt32BE(at + 2)]);
    this.settingsFrames.push(pairs);
    for (const [id, value] of pairs) {
      if (id === setting.initialWindowSize) {
        const change = value - (this.settings.get(id) ?? defaultWindow);
        for (const stream of this.#streams.values()) stream.sendWindow += change;
      }
      this.settings.set(id, value);
    }
    this.#answer({ type: frameType.settings, flags: frameFlag.ack });
    this.#isReady.resolve();
    this.#wake();
  }

  #grow(id: number, increment: number): void {
    if (id === 0) this.sendWindow += increment;
    else this.#stream(id).sendWindow += increment;
    this.#wake();
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
