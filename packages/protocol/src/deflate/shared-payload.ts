import type { CompressedFrame } from '../frame.ts';
import type { PreparedFrame } from '../frame-encoder.ts';
import type { ResolvedDeflateTuning, WindowBits } from './options.ts';
import { Deflater } from './transform.ts';

/** In the thread pool a promise, until it has been fulfilled. */
type Shared = CompressedFrame | Promise<CompressedFrame | undefined>;

const sharedFormsOf = new WeakMap<PreparedFrame, Map<string, Shared>>();

/** Nobody gives up what is shared: it outlives the connection that first asked for it. */
const { signal: never } = new AbortController();

/**
 * A prepared frame compressed, once for all connections of the same window and tuning. It refers to no context, so that
 * every peer can read it, whatever was said to it before (RFC 7692 §7.2.3.2).
 *
 * @param inPool whether to use the thread pool, should this be the first to ask
 */
export function deflatePrepared(
  frame: PreparedFrame,
  windowBits: WindowBits,
  tuning: ResolvedDeflateTuning,
  inPool: boolean,
): Shared {
  const forms = sharedFormsOf.get(frame) ?? new Map<string, Shared>();
  sharedFormsOf.set(frame, forms);
  const key = `${windowBits} ${tuning.level} ${tuning.memLevel} ${tuning.strategy}`;
  const known = forms.get(key);
  if (known !== undefined) return known;
  const deflater = new Deflater({ contextTakeover: false, windowBits }, tuning);
  const shared = inPool ? later(deflater.deflateAsync(frame.payload, never)) : keep(deflater.deflate(frame.payload));
  if (inPool) forms.set(key, shared);
  return shared;

  function keep(data: Buffer): CompressedFrame {
    const compressed: CompressedFrame = { type: 'compressed', kind: frame.type, data };
    forms.set(key, compressed);
    return compressed;
  }

  async function later(deflated: Promise<Buffer | undefined>): Promise<CompressedFrame | undefined> {
    try {
      const data = await deflated;
      return data === undefined ? undefined : keep(data);
    } catch (error) {
      forms.delete(key); // out of memory now, perhaps not next time
      throw error;
    }
  }
}
