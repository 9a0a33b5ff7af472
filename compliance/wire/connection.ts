import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Chop } from '../case.ts';
import { type DeflateDirection, Deflater, Inflater } from './deflate.ts';
import type { DeflateAgreement } from './deflate-negotiation.ts';
import { type Encoding, encodeFrame, type Frame, rsv1 } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { StreamReset } from './http2-socket.ts';
import type { Journal } from './journal.ts';
import { MessageReader, type PeerEvent } from './message-reader.ts';

export type CloseEvent = Extract<PeerEvent, { type: 'close' }>;

export interface ConnectionOptions {
  /** What the suite is, not the peer. */
  readonly role: 'client' | 'server';
  readonly agreement: DeflateAgreement | undefined;
  /** What came right behind the handshake. */
  readonly rest: Buffer;
  readonly journal: Journal;
}

/** A frame and how it is to be encoded, or just a frame. */
export type Outgoing = Frame & Partial<Encoding>;

/** A WebSocket as the suite has it: it sends whatever it is told, and takes from the peer only what is correct. */
export class Connection {
  readonly role: 'client' | 'server';
  /** How messages to the peer are compressed, if they are. */
  readonly compression: DeflateDirection | undefined;
  /** Messages, pings, pongs and a violation of the peer, in order, until somebody takes them. */
  readonly events: PeerEvent[] = [];
  /** The peer's close frame. */
  peerClose: CloseEvent | undefined;
  /** Who has sent a close frame first. */
  closedBy: 'us' | 'peer' | undefined;
  /** Who has ended the connection below: TCP, or the stream of HTTP/2. */
  droppedBy: 'us' | 'peer' | undefined;
  /** Whether the peer has reset its stream of HTTP/2. */
  streamReset = false;
  /** Whether nothing will ever come again. */
  gone = false;
  /** When anything was last heard of the peer, or sent to it: ms of `performance.now`. */
  lastSign: number = performance.now();
  readonly #socket: Duplex;
  readonly #journal: Journal;
  readonly #frames: FrameReader;
  readonly #messages: MessageReader;
  readonly #deflater: Deflater | undefined;
  #violated = false;
  #changed = Promise.withResolvers<void>();

  constructor(socket: Duplex, { role, agreement, rest, journal }: ConnectionOptions) {
    this.role = role;
    this.#socket = socket;
    this.#journal = journal;
    const [ours, theirs] = directions(agreement, role);
    this.compression = ours;
    this.#deflater = ours && new Deflater(ours);
    this.#frames = new FrameReader({ masked: role === 'server', compression: agreement !== undefined });
    this.#messages = new MessageReader(theirs && new Inflater(theirs));
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.#ended('ended the connection'));
    socket.on('error', (error) => {
      this.streamReset ||= error instanceof StreamReset;
      this.#ended(`broke the connection: ${error.message}`);
    });
    socket.on('close', () => this.#ended('ended the connection'));
    if (rest.length > 0) this.#read(rest);
    socket.resume();
  }

  /** Whether nothing can be exchanged any more: the peer has closed, broken the protocol, or gone. */
  get over(): boolean {
    return this.peerClose !== undefined || this.#violated || this.droppedBy !== undefined;
  }

  /** Fulfilled when anything happens next. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Wake whoever waits for {@link changed}. */
  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** What a message is sent as: compressed, if that was agreed on. */
  async compress(message: Uint8Array): Promise<Uint8Array> {
    return this.#deflater ? await this.#deflater.deflate(message) : message;
  }

  /** What was {@link compress}ed as a frame, or as frames with so many octets of payload each. */
  messageFrames(kind: 'text' | 'binary', payload: Uint8Array, fragment?: number): Outgoing[] {
    const rsv = this.#deflater ? rsv1 : 0;
    const opcode = kind === 'text' ? 1 : 2;
    const size = fragment ?? payload.length;
    // As the reference suite has it: a whole number of fragments has an empty one behind it.
    const count = payload.length <= size ? 1 : Math.floor(payload.length / size) + 1;
    return Array.from({ length: count }, (_, at) => ({
      fin: at === count - 1,
      rsv: at === 0 ? rsv : 0,
      opcode: at === 0 ? opcode : 0,
      payload: payload.subarray(at * size, (at + 1) * size),
    }));
  }

  /** Write frames, cut as told. Fulfilled when all is handed over to the system, or nobody is there to take it. */
  async send(frames: readonly Outgoing[], chop: Chop): Promise<void> {
    const encoded = frames.map((frame) => this.encode(frame));
    await this.#writeEach(chop === 'frameWise' ? encoded : cut(Buffer.concat(encoded), chop));
  }

  /** A frame's bytes, noted as sent. */
  encode(frame: Outgoing): Buffer {
    const { masked = this.role === 'client', lengthBits } = frame;
    if (frame.opcode === 8 && frame.rsv === 0) this.closedBy ??= 'us';
    this.#journal.frame('suite', frame);
    return encodeFrame(frame, { masked, lengthBits });
  }

  /** Bytes in a write of their own. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.droppedBy !== undefined || !this.#socket.writable) return;
    const { promise: written, resolve } = Promise.withResolvers<void>();
    this.#socket.write(bytes, () => resolve());
    await written;
    this.lastSign = performance.now();
  }

  /** End the connection: our direction at first, the whole of it when told to `destroy`. */
  drop(how: 'end' | 'destroy'): void {
    if (this.droppedBy === undefined) {
      this.droppedBy = 'us';
      this.#journal.note('suite', how === 'end' ? 'ends the connection' : 'gives up and ends the connection');
    }
    if (how === 'end') this.#socket.end();
    else this.dispose();
    this.wake();
  }

  /** Let go of everything. */
  dispose(): void {
    this.gone = true;
    this.#deflater?.end();
    this.#socket.destroy();
  }

  /** With a turn of the event loop after each, so that the peer is heard between them. */
  async #writeEach(chunks: Iterable<Uint8Array>): Promise<void> {
    let first = true;
    for (const chunk of chunks) {
      if (!first) await turn();
      first = false;
      if (this.droppedBy !== undefined) return;
      await this.write(chunk);
    }
  }

  #read(chunk: Buffer): void {
    this.lastSign = performance.now();
    if (this.over) return;
    for (const read of this.#frames.push(chunk)) {
      if (!('violation' in read)) this.#journal.frame('peer', read);
      const event = 'violation' in read ? { type: 'violation' as const, ...read } : this.#messages.read(read);
      if (event !== undefined) this.#take(event);
    }
    this.wake();
  }

  #take(event: PeerEvent): void {
    if (this.over) {
      this.#violated = true;
      this.#journal.note('peer', 'sends more after its close frame (§5.5.1)');
      this.events.push({ type: 'violation', violation: 'a frame after the close frame (§5.5.1)' });
      return;
    }
    if (event.type === 'close') this.#takeClose(event);
    else this.events.push(event);
    if (event.type !== 'violation') return;
    this.#violated = true;
    this.#journal.note('peer', `breaks the protocol: ${event.violation}`);
  }

  #takeClose(close: CloseEvent): void {
    this.peerClose = close;
    if (this.closedBy === undefined) {
      this.closedBy = 'peer';
      void this.send([{ fin: true, rsv: 0, opcode: 8, payload: close.payload.subarray(0, 2) }], 'together');
    }
  }

  #ended(how: string): void {
    this.gone = true;
    if (this.droppedBy === undefined) {
      this.droppedBy = 'peer';
      this.#journal.note('peer', how);
    }
    this.wake();
  }
}

function* cut(bytes: Uint8Array, chop: 'together' | number): Generator<Uint8Array> {
  const size = chop === 'together' ? bytes.length : chop;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Of an agreement, our direction and the peer's. */
function directions(agreement: DeflateAgreement | undefined, role: 'client' | 'server') {
  if (agreement === undefined) return [];
  const { clientNoContextTakeover, clientMaxWindowBits, serverNoContextTakeover, serverMaxWindowBits } = agreement;
  const client = { noContextTakeover: clientNoContextTakeover, maxWindowBits: clientMaxWindowBits };
  const server = { noContextTakeover: serverNoContextTakeover, maxWindowBits: serverMaxWindowBits };
  return role === 'client' ? [client, server] : [server, client];
}
