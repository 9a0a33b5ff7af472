import { FrameDecoder, FrameEncoder, type Role } from '@genws/protocol';
import { defaultLimits as limits } from './options.ts';

/** As many as a broadcast needs at a time. More are made anew each time. */
const mostSpare = 1024;

/**
 * Decoders or encoders of one kind. One that has nothing half done is lent to whoever needs it next: a connection at rest
 * holds none, and many that are busy keep the same few hundred bytes in the processor's cache.
 */
export class CodecPool<Codec> {
  readonly #make: () => Codec;
  readonly #spare: Codec[] = [];

  constructor(make: () => Codec) {
    this.#make = make;
  }

  lend(): Codec {
    return this.#spare.pop() ?? this.#make();
  }

  takeBack(codec: Codec): void {
    if (this.#spare.length < mostSpare) this.#spare.push(codec);
  }
}

const poolsOf = (role: Role) => ({
  encoders: new CodecPool(() => new FrameEncoder(role)),
  plain: new CodecPool(() => new FrameDecoder({ role, limits })),
  compressing: new CodecPool(() => new FrameDecoder({ role, limits, compress: true })),
});

const pools = { server: poolsOf('server'), client: poolsOf('client') } as const;
const poolsFor = (role: Role) => (role === 'server' ? pools.server : pools.client);

/** Where a session's encoders come from. */
export const encodersFor = (role: Role): CodecPool<FrameEncoder> => poolsFor(role).encoders;

/** Where a session's decoders come from. They go by the limits that they were tuned to last. */
export const decodersFor = (role: Role, compress: boolean): CodecPool<FrameDecoder> =>
  compress ? poolsFor(role).compressing : poolsFor(role).plain;
