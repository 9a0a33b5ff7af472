import { constants } from 'node:zlib';
import type { DeflateOptions } from 'genws';
import { Compressor, Decompressor, type StreamOptions } from './deflate-stream.ts';
import { type Ends, openEnds, type SocketOptions, type sides } from './ends.ts';
import { deflate } from './negotiation.ts';
import type { WireFrame } from './raw-connection.ts';
import type { RawFrame } from './raw-frame.ts';
import { SocketPeer } from './socket-peer.ts';

export { sides } from './ends.ts';

type Role = (typeof sides)[number]['role'];

export interface CompressedOptions<State, Info> extends Omit<SocketOptions<State, Info>, 'extensions'> {
  /** What we want. Default: everything compressed, however short. */
  readonly compress?: DeflateOptions;
  /** Parameters of the peer's offer, or of its answer when it is the server. */
  readonly params?: string;
  /** What the peer's own compressor does other than agreed. */
  readonly peer?: StreamOptions;
  /** Whether the peer refuses references beyond the agreed window, which is slow. */
  readonly strict?: boolean;
}

/** What an element says about the messages of one side. */
function directionIn(element: string, sender: Role): { contextTakeover: boolean; windowBits: number } {
  const [, bits = '15'] = new RegExp(`${sender}_max_window_bits=(\\d+)`).exec(element) ?? [];
  return { contextTakeover: !element.includes(`${sender}_no_context_takeover`), windowBits: Number(bits) };
}

/** A raw peer of a session of ours that speaks permessage-deflate, with zlib's own streams. */
export class CompressedPeer<Info> extends SocketPeer<Info> {
  /** The element of the response's header. */
  readonly agreed: string;
  readonly compressor: Compressor;
  readonly decompressor: Decompressor;

  constructor(ends: Ends<Info>, own: StreamOptions, strict: boolean) {
    super(ends);
    const { role, agreed } = ends;
    if (agreed === undefined) throw new Error('no compression was agreed on');
    this.agreed = agreed;
    const peer = role === 'server' ? 'client' : 'server';
    this.compressor = new Compressor({ ...directionIn(agreed, peer), ...own });
    this.decompressor = new Decompressor({
      ...directionIn(agreed, role),
      ...(strict ? { chunkSize: constants.Z_MIN_CHUNK } : {}),
    });
  }

  /** Send the payload of a compressed message, in one frame. */
  sendCompressed(payload: Uint8Array, opcode = 1): Promise<void> {
    return this.send({ opcode, rsv: 4, payload });
  }

  /** Compress messages and send them, in one write: strings as text, bytes as binary. */
  override async say(...messages: readonly (string | Uint8Array)[]): Promise<void> {
    const frames: RawFrame[] = [];
    for (const message of messages) {
      const payload = await this.compressor.compress(message);
      frames.push({ opcode: typeof message === 'string' ? 1 : 2, rsv: 4, payload });
    }
    await this.send(...frames);
  }

  /** The next frame, inflated if it is compressed. */
  override async read(): Promise<WireFrame> {
    const frame = await super.read();
    return frame.rsv === 4 ? { ...frame, payload: await this.decompressor.decompress(frame.payload) } : frame;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.compressor[Symbol.dispose]();
    this.decompressor[Symbol.dispose]();
    await super[Symbol.asyncDispose]();
  }
}

/** Let a session of ours and a raw peer agree on permessage-deflate. */
export async function openCompressed<State, Info>({
  compress = { threshold: 0 },
  params = '',
  peer = {},
  strict = false,
  ...options
}: CompressedOptions<State, Info>): Promise<CompressedPeer<Info>> {
  const extensions = [params === '' ? deflate : `${deflate}; ${params}`];
  return new CompressedPeer(await openEnds({ ...options, compress, extensions }), peer, strict);
}
