import type { Duplex } from 'node:stream';
import { type Session, type SessionExit, statistics } from 'genws';
import { type Ends, openEnds, type SocketOptions } from './ends.ts';
import type { RawConnection, WireFrame } from './raw-connection.ts';
import { type RawFrame, rawFrame, someKey } from './raw-frame.ts';
import { closePayload, plainFrame } from './raw-peer.ts';
import { roundTrip } from './round-trip.ts';

/** The raw peer of a session of ours, over any wire: it answers nothing. */
export class SocketPeer<Info> implements AsyncDisposable {
  readonly connection: RawConnection<Duplex>;
  readonly session: Session<Info>;
  readonly #masks: boolean;
  readonly #stop: () => Promise<void>;

  constructor({ role, connection, session, stop }: Ends<Info>) {
    this.connection = connection;
    this.session = session;
    this.#masks = role === 'server';
    this.#stop = stop;
  }

  /** A frame as this peer sends it. */
  encode(frame: RawFrame): Buffer {
    return rawFrame(this.#masks ? { key: someKey, ...frame } : frame);
  }

  /** Send frames as they are, in one write. */
  send(...frames: readonly RawFrame[]): Promise<void> {
    return this.connection.write(Buffer.concat(frames.map((frame) => this.encode(frame))));
  }

  /** Send messages, in one write: strings as text, bytes as binary. */
  async say(...messages: readonly (string | Uint8Array)[]): Promise<void> {
    await this.send(...messages.map((payload) => ({ opcode: typeof payload === 'string' ? 1 : 2, payload })));
  }

  /** Send a close frame; a bare one without a code. */
  close(code?: number, reason?: string): Promise<void> {
    return this.send({ opcode: 8, payload: closePayload(code, reason) });
  }

  /** Do not read from here on. */
  pause(): void {
    this.connection.pause();
  }

  /** Read on. */
  resume(): void {
    this.connection.resume();
  }

  /** Resolves when what was written has gone where it can, and this process has had the time to read it. */
  async settled(): Promise<void> {
    const look = (): string => `${this.connection.unsent} ${statistics(this.session).bytesIn}`;
    let before = '';
    while (look() !== before) {
      before = look();
      await roundTrip();
    }
  }

  /** The next frame. */
  read(): Promise<WireFrame> {
    return this.connection.frame();
  }

  /** The same in plain form: `text hello`, `close 1000 bye`. */
  async hear(): Promise<string> {
    return plainFrame(await this.read());
  }

  /** The next `count` frames in plain form. */
  async hearAll(count: number): Promise<string[]> {
    const heard: string[] = [];
    while (heard.length < count) heard.push(await this.hear());
    return heard;
  }

  /** All frames up to the end of the stream, in plain form. */
  async rest(): Promise<string[]> {
    const heard: string[] = [];
    while (!(await this.connection.isOver())) heard.push(await this.hear());
    return heard;
  }

  /** The code of the close frame that has to come next, and why the session has ended. */
  async ending(): Promise<{ readonly code: number | undefined; readonly exit: SessionExit }> {
    const code = await this.connection.closeCode();
    this.connection.end();
    return { code, exit: await this.session.exited() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection[Symbol.dispose]();
    await this.#stop();
  }
}

/** Connect a session of ours and a raw peer. */
export const openSocket = async <State, Info>(options: SocketOptions<State, Info>): Promise<SocketPeer<Info>> =>
  new SocketPeer(await openEnds(options));
