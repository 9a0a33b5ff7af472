import { FrameDecoder, type Role } from '@genws/protocol';
import type { ResolvedTuning } from './options.ts';

/**
 * Decoders of one kind. One that has nothing half read is lent to whoever gets bytes next: a connection at rest holds
 * none, and many that are busy keep the same few hundred bytes in the processor's cache.
 */
export class DecoderPool {
  readonly #role: Role;
  readonly #compress: boolean;
  #spare: FrameDecoder | undefined;

  constructor(role: Role, compress: boolean) {
    this.#role = role;
    this.#compress = compress;
  }

  lend({ limits, validateUtf8 }: ResolvedTuning): FrameDecoder {
    const decoder = this.#spare ?? new FrameDecoder({ role: this.#role, limits, compress: this.#compress });
    this.#spare = undefined;
    decoder.tune(limits, validateUtf8);
    return decoder;
  }

  takeBack(decoder: FrameDecoder): void {
    this.#spare = decoder;
  }
}

const pools = {
  server: { plain: new DecoderPool('server', false), compressing: new DecoderPool('server', true) },
  client: { plain: new DecoderPool('client', false), compressing: new DecoderPool('client', true) },
} as const;

/** Where a session's decoders come from. */
export const decodersFor = (role: Role, compress: boolean): DecoderPool =>
  pools[role][compress ? 'compressing' : 'plain'];
