import type { Transport, TransportOwner } from 'genws';
import { errorCode, frameFlag, frameType, headersFrames, type RawHttp2Frame, uint32 } from './frame.ts';
import type { HeaderLine } from './hpack.ts';
import { headerBlock } from './hpack.ts';

/** The connection that a stream is on. */
export interface StreamConnection {
  readonly over: boolean;
  readonly replenishes: boolean;
  sendWindow: number;
  send(...frames: readonly RawHttp2Frame[]): void;
  allow(stream: number, increment: number): void;
  windowChange(): Promise<void>;
}

/** The most that goes into one DATA frame, bytes: what every endpoint takes (RFC 9113 §4.2). */
const maxData = 16_384;

/**
 * A stream of an `Http2Peer`. As a transport it can carry a `RawPeer`: there, `close` is END_STREAM and `abort` is
 * RST_STREAM(CANCEL). It never stops reading: whether windows are given back is the connection's affair.
 */
export class Http2PeerStream implements Transport {
  readonly id: number;
  /** The first header block of the other side. Never resolves when none comes. */
  readonly headers: Promise<ReadonlyMap<string, string>>;
  /** What came of it: the status, or how it ended without one: `reset` and the error's name, or `lost`. */
  readonly outcome: Promise<string>;
  /** How the other side's direction has ended: `ended`, `reset` and the error's name, or `lost` with its connection. */
  readonly ending: Promise<string>;
  /** The error of its RST_STREAM, which may follow the end. Never resolves without one. */
  readonly broken: Promise<string>;
  /** Bytes of DATA that have come. */
  received = 0;
  /** DATA frames that have come. */
  frames = 0;
  /** Bytes of DATA that may be sent on this stream. */
  sendWindow: number;
  readonly buffered = 0;
  readonly congested = false;
  readonly #peer: StreamConnection;
  #owner: TransportOwner | undefined;
  #early: Buffer[] = [];
  #over = false;
  readonly #hasHeaders = Promise.withResolvers<ReadonlyMap<string, string>>();
  readonly #hasBroken = Promise.withResolvers<string>();
  readonly #hasEnded = Promise.withResolvers<string>();
  readonly #hasOutcome = Promise.withResolvers<string>();

  constructor(peer: StreamConnection, id: number, sendWindow: number) {
    this.#peer = peer;
    this.id = id;
    this.sendWindow = sendWindow;
    this.headers = this.#hasHeaders.promise;
    this.ending = this.#hasEnded.promise;
    this.broken = this.#hasBroken.promise;
    this.outcome = this.#hasOutcome.promise;
  }

  /** Whether the other side has ended it. */
  get over(): boolean {
    return this.#over;
  }

  /** Send a header block: an answer, or trailers. */
  respond(lines: Iterable<HeaderLine>, { endStream = false }: { readonly endStream?: boolean } = {}): void {
    this.#peer.send(...headersFrames(this.id, headerBlock(lines), endStream, Number.POSITIVE_INFINITY));
  }

  /** Send one DATA frame, whatever the windows say. */
  data(payload: Uint8Array | string, { endStream = false }: { readonly endStream?: boolean } = {}): void {
    const bytes = Buffer.from(payload);
    this.sendWindow -= bytes.length;
    this.#peer.sendWindow -= bytes.length;
    const flags = endStream ? frameFlag.endStream : 0;
    this.#peer.send({ type: frameType.data, flags, stream: this.id, payload: bytes });
  }

  /** Send bytes as the windows allow it. Resolves when all are on their way, or nobody takes them any more. */
  async pour(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#over; ) {
      const size = Math.min(bytes.length - at, maxData, this.sendWindow, this.#peer.sendWindow);
      if (size > 0) {
        this.data(bytes.subarray(at, at + size));
        at += size;
      } else if (!this.#peer.over) await Promise.race([this.#peer.windowChange(), this.ending]);
      else return;
    }
  }

  /** Send an empty DATA frame with END_STREAM. */
  endStream(): void {
    this.data('', { endStream: true });
  }

  /** Send RST_STREAM. */
  reset(code: number = errorCode.cancel): void {
    this.#peer.send({ type: frameType.rstStream, stream: this.id, payload: uint32(code) });
    this.#finish('reset by us');
  }

  /** What has come as DATA when the other side has ended the stream, as text. Not with an owner. */
  async body(): Promise<string> {
    await this.ending;
    return Buffer.concat(this.#early).toString();
  }

  handOver(owner: TransportOwner): void {
    this.#owner = owner;
    for (const bytes of this.#early.splice(0)) owner({ type: 'transport.data', bytes });
    if (this.#over) owner({ type: 'transport.closed' });
  }

  activate(): void {}

  send(chunks: readonly Uint8Array[]): void {
    this.data(Buffer.concat(chunks));
  }

  close(): void {
    this.endStream();
  }

  abort(): void {
    this.reset();
  }

  /** For the connection: a header block has come. */
  hearHeaders(lines: readonly HeaderLine[], endStream: boolean): void {
    const headers = new Map<string, string>();
    for (const [name, value] of lines) {
      const before = headers.get(name);
      headers.set(name, before === undefined ? value : `${before}, ${value}`);
    }
    this.#hasHeaders.resolve(headers);
    this.#hasOutcome.resolve(headers.get(':status') ?? 'no status');
    if (endStream) this.#finish('ended');
  }

  /** For the connection: DATA has come, which took so much of the window. */
  hearData(bytes: Buffer, cost: number, endStream: boolean): void {
    this.received += bytes.length;
    this.frames++;
    if (this.#peer.replenishes && cost > 0 && !endStream) this.#peer.allow(this.id, cost);
    if (this.#owner === undefined) this.#early.push(bytes);
    else this.#owner({ type: 'transport.data', bytes });
    if (endStream) this.#finish('ended');
  }

  /** For the connection: RST_STREAM has come. */
  hearReset(code: string): void {
    this.#hasBroken.resolve(code);
    this.#finish(`reset ${code}`);
  }

  /** For the connection: it is over. */
  lose(): void {
    this.#finish('lost');
  }

  #finish(how: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#hasOutcome.resolve(how);
    this.#hasEnded.resolve(how);
    this.#owner?.({ type: 'transport.closed' });
  }
}
