import { constants } from 'node:zlib';
import {
  connect,
  type DeflateOptions,
  type Handler,
  listen,
  type Server,
  type Session,
  type SessionExit,
  type SessionSettings,
} from 'genws';
import { certificate } from './certificate.ts';
import { Compressor, Decompressor, type StreamOptions } from './deflate-stream.ts';
import { startFakeServer } from './fake-server.ts';
import { roles } from './memory-session.ts';
import { deflate, serveAnswer } from './negotiation.ts';
import { openRaw, upgradeRequest } from './raw-client.ts';
import type { RawConnection, WireFrame } from './raw-connection.ts';
import { type RawFrame, rawFrame, someKey } from './raw-frame.ts';
import { plainFrame } from './raw-peer.ts';
import { listenWith, schemes } from './serving.ts';

type Role = (typeof roles)[number];

/** Our side and the scheme, for `describe.each`. */
export const sides = roles.flatMap((role) => schemes.map(({ scheme, secure }) => ({ role, scheme, secure })));

export interface CompressedOptions<State, Info> extends SessionSettings {
  /** Our side; the raw peer plays the other. */
  readonly role: Role;
  readonly secure?: boolean;
  readonly handler: Handler<State, Info>;
  /** What we want. Default: everything compressed, however short. */
  readonly compress?: DeflateOptions;
  /** Parameters of the peer's offer, or of its answer when it is the server. */
  readonly params?: string;
  /** What the peer's own compressor does other than agreed. */
  readonly peer?: StreamOptions;
  /** Whether the peer refuses references beyond the agreed window, which is slow. */
  readonly strict?: boolean;
}

/** The two ends of a connection that has agreed on permessage-deflate. */
interface Ends<Info> {
  readonly role: Role;
  readonly connection: RawConnection;
  readonly session: Session<Info>;
  /** The element of the response's header. */
  readonly agreed: string;
  readonly stop: () => Promise<void>;
}

/** What an element says about the messages of one side. */
function directionIn(element: string, sender: Role): { contextTakeover: boolean; windowBits: number } {
  const [, bits = '15'] = new RegExp(`${sender}_max_window_bits=(\\d+)`).exec(element) ?? [];
  return { contextTakeover: !element.includes(`${sender}_no_context_takeover`), windowBits: Number(bits) };
}

/** A raw peer of a session of ours that speaks permessage-deflate, with zlib's own streams. */
export class CompressedPeer<Info> implements AsyncDisposable {
  readonly connection: RawConnection;
  readonly session: Session<Info>;
  /** The element of the response's header. */
  readonly agreed: string;
  readonly compressor: Compressor;
  readonly decompressor: Decompressor;
  readonly #role: Role;
  readonly #stop: () => Promise<void>;

  constructor({ role, connection, session, agreed, stop }: Ends<Info>, own: StreamOptions, strict: boolean) {
    this.connection = connection;
    this.session = session;
    this.agreed = agreed;
    this.#role = role;
    this.#stop = stop;
    const peer = role === 'server' ? 'client' : 'server';
    this.compressor = new Compressor({ ...directionIn(agreed, peer), ...own });
    this.decompressor = new Decompressor({
      ...directionIn(agreed, role),
      ...(strict ? { chunkSize: constants.Z_MIN_CHUNK } : {}),
    });
  }

  /** A frame as this peer sends it. */
  encode(frame: RawFrame): Buffer {
    return rawFrame(this.#role === 'server' ? { key: someKey, ...frame } : frame);
  }

  /** Send frames as they are, in one write. */
  send(...frames: readonly RawFrame[]): Promise<void> {
    return this.connection.write(Buffer.concat(frames.map((frame) => this.encode(frame))));
  }

  /** Send the payload of a compressed message, in one frame. */
  sendCompressed(payload: Uint8Array, opcode = 1): Promise<void> {
    return this.send({ opcode, rsv: 4, payload });
  }

  /** Compress messages and send them, in one write: strings as text, bytes as binary. */
  async say(...messages: readonly (string | Uint8Array)[]): Promise<void> {
    const frames: RawFrame[] = [];
    for (const message of messages) {
      const payload = await this.compressor.compress(message);
      frames.push({ opcode: typeof message === 'string' ? 1 : 2, rsv: 4, payload });
    }
    await this.send(...frames);
  }

  /** The next frame, inflated if it is compressed. */
  async read(): Promise<WireFrame> {
    const frame = await this.connection.frame();
    return frame.rsv === 4 ? { ...frame, payload: await this.decompressor.decompress(frame.payload) } : frame;
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

  /** The code of the close frame that has to come next, and why the session has ended. */
  async ending(): Promise<{ readonly code: number | undefined; readonly exit: SessionExit }> {
    const code = await this.connection.closeCode();
    this.connection.end();
    return { code, exit: await this.session.exited() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.compressor[Symbol.dispose]();
    this.decompressor[Symbol.dispose]();
    this.connection[Symbol.dispose]();
    await this.#stop();
  }
}

/** Let a session of ours and a raw peer agree on permessage-deflate. */
export async function openCompressed<State, Info>(
  options: CompressedOptions<State, Info>,
): Promise<CompressedPeer<Info>> {
  const { role, peer = {}, strict = false } = options;
  return new CompressedPeer(role === 'server' ? await beServed(options) : await beCalled(options), peer, strict);
}

const silent = (): void => {};

/** The element with these parameters. */
const elementOf = (params: string): string => (params === '' ? deflate : `${deflate}; ${params}`);

async function beServed<State, Info>({
  secure = false,
  compress = { threshold: 0 },
  params = '',
  ...options
}: CompressedOptions<State, Info>): Promise<Ends<Info>> {
  const server: Server<Info> = await listen({ logger: silent, ...(await listenWith(secure)), ...options, compress });
  const connection = await openRaw({ port: server.port, secure });
  await connection.write(upgradeRequest({ headers: { 'Sec-WebSocket-Extensions': elementOf(params) } }));
  const agreed = (await connection.head()).headers.get('sec-websocket-extensions');
  const [session] = server.sessions.children();
  if (agreed === undefined || session === undefined) throw new Error('no compression was agreed on');
  return { role: 'server', connection, session, agreed, stop: () => server.stop({ deadline: 0 }) };
}

async function beCalled<State, Info>({
  secure = false,
  compress = { threshold: 0 },
  params = '',
  ...options
}: CompressedOptions<State, Info>): Promise<Ends<Info>> {
  const server = await startFakeServer({ secure });
  const tls = { ca: (await certificate()).cert };
  const agreed = elementOf(params);
  const connecting = connect(server.url, { logger: silent, ...options, compress, tls });
  const [{ peer: connection }, session] = await Promise.all([serveAnswer(server, [agreed]), connecting]);
  const stop = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    await session.exited();
  };
  return { role: 'client', connection, session, agreed, stop };
}
