import {
  constants,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  deflateRaw,
  type InflateRaw,
  inflateRaw,
} from 'node:zlib';
import { Deflater, type InflateResult, Inflater, type WindowBits } from '@genws/protocol';
import * as fflate from 'fflate';
import * as pako from 'pako';

/** How a connection is compressed, the same in both directions. */
export interface Setting {
  readonly windowBits: WindowBits;
  readonly takeover: boolean;
  readonly level: number;
}

/** A result, now or later. */
export type Eventually = Uint8Array | Promise<Uint8Array>;

/** Both directions of one connection. */
export interface Codec {
  /** One message without the tail that a sender leaves out (RFC 7692 §7.2.1). */
  deflate(data: Uint8Array): Eventually;
  inflate(payload: Uint8Array): Eventually;
}

/** A way to compress. */
export interface Engine {
  readonly name: string;
  open(setting: Setting): Codec;
  /** Why it cannot deflate as agreed, if it cannot. */
  unfit?(setting: Setting): string | undefined;
}

const memLevel = 8;
const tail = Buffer.from([0, 0, 0xff, 0xff]);
const ending = Buffer.from([0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]);
/** What follows a final block in a message (RFC 7692 §7.2.3.4): for libraries that only know how to finish. */
const afterFinalBlock = Buffer.from([0]);
const withoutTail = (flushed: Buffer): Buffer => flushed.subarray(0, flushed.length - tail.length);

const open = ({ windowBits, takeover, level }: Setting) => {
  const direction = { windowBits, contextTakeover: takeover };
  return {
    deflater: new Deflater(direction, { level, memLevel }),
    inflater: new Inflater(direction, { maxOutput: 2 ** 24 }),
  };
};

const dataOf = (result: InflateResult | undefined): Uint8Array => {
  if (result?.ok !== true) throw new Error(result?.reason ?? 'aborted');
  return result.data;
};

/** What `@genws/protocol` does: zlib is called for each message, with the window as its dictionary. */
export const ours: Engine = {
  name: 'ours',
  open(setting) {
    const { deflater, inflater } = open(setting);
    return {
      deflate: (data) => deflater.deflate(data),
      inflate: (payload) => dataOf(inflater.inflate(payload)),
    };
  },
};

const { signal: never } = new AbortController();

/** The same in the thread pool, where connections take turns. */
export const oursInPool: Engine = {
  name: 'ours in the pool',
  open(setting) {
    const { deflater, inflater } = open(setting);
    return {
      async deflate(data) {
        return (await deflater.deflateAsync(data, never)) ?? data;
      },
      async inflate(payload) {
        return dataOf(await inflater.inflateAsync(payload, 2 ** 24, never));
      },
    };
  },
};

/** Writes to a stream of zlib's and takes what it gives until it is flushed. */
function flushed(stream: DeflateRaw | InflateRaw, ...parts: readonly Uint8Array[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer) => chunks.push(chunk);
    stream.on('data', collect);
    stream.once('error', reject);
    for (const part of parts) stream.write(part);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', collect);
      stream.off('error', reject);
      resolve(chunks.length === 1 ? (chunks[0] ?? tail) : Buffer.concat(chunks));
    });
  });
}

/** A pair of zlib streams for each connection, which work in the thread pool. */
const keptStreams: Engine = {
  name: 'kept streams',
  open({ windowBits, takeover, level }) {
    let deflater: DeflateRaw | undefined;
    let inflater: InflateRaw | undefined;
    return {
      async deflate(data) {
        deflater ??= createDeflateRaw({ windowBits, level, memLevel });
        const payload = withoutTail(await flushed(deflater, data));
        if (!takeover) deflater.reset();
        return payload;
      },
      async inflate(payload) {
        inflater ??= createInflateRaw({ windowBits });
        const data = await flushed(inflater, payload, tail);
        if (!takeover) inflater.reset();
        return data;
      },
    };
  },
};

/** The latest bytes of one direction, as a dictionary for the next message. */
class History {
  readonly #memory: Buffer;
  #length = 0;

  constructor(size: number) {
    this.#memory = Buffer.alloc(size);
  }

  get dictionary(): Buffer | undefined {
    return this.#length === 0 ? undefined : this.#memory.subarray(0, this.#length);
  }

  append(data: Uint8Array): void {
    const size = this.#memory.length;
    const latest = data.subarray(Math.max(0, data.length - size));
    const kept = Math.min(this.#length, size - latest.length);
    this.#memory.copyWithin(0, this.#length - kept, this.#length);
    this.#memory.set(latest, kept);
    this.#length = kept + latest.length;
  }
}

/** node:zlib's own asynchronous calls, with the whole window as dictionary and no turns to take. */
const callbacks: Engine = {
  name: 'callback API',
  open({ windowBits, takeover, level }) {
    const sent = new History(takeover ? 2 ** windowBits : 0);
    const received = new History(takeover ? 2 ** windowBits : 0);
    const finishFlush = constants.Z_SYNC_FLUSH;
    return {
      deflate(data) {
        const chunkSize = Math.min(Math.max(data.length + 64, 256), 65_536);
        const options = { windowBits, level, memLevel, finishFlush, chunkSize, dictionary: sent.dictionary };
        return new Promise((resolve, reject) => {
          deflateRaw(data, options, (error, result) => {
            if (error) return reject(error);
            sent.append(data);
            resolve(withoutTail(result));
          });
        });
      },
      inflate(payload) {
        const chunkSize = Math.min(Math.max(4 * payload.length, 1024), 65_536);
        const options = { windowBits, chunkSize, dictionary: received.dictionary };
        return new Promise((resolve, reject) => {
          inflateRaw(Buffer.concat([payload, ending]), options, (error, result) => {
            if (error) return reject(error);
            received.append(result);
            resolve(result);
          });
        });
      },
    };
  },
};

const fflateLevels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

const fflateEngine: Engine = {
  name: 'fflate',
  open({ takeover, level: wanted }) {
    const level = fflateLevels.find((known) => known === wanted) ?? 6;
    if (!takeover) {
      return {
        deflate: (data) => Buffer.concat([fflate.deflateSync(data, { level }), afterFinalBlock]),
        inflate: (payload) => fflate.inflateSync(Buffer.concat([payload, ending])),
      };
    }
    let chunks: Uint8Array[] = [];
    const collect = (chunk: Uint8Array): void => {
      chunks.push(chunk);
    };
    const collected = (): Buffer => {
      const all = Buffer.concat(chunks);
      chunks = [];
      return all;
    };
    let deflater: fflate.Deflate | undefined;
    let inflater: fflate.Inflate | undefined;
    return {
      deflate(data) {
        // 4 is 128 KiB of hash table, what zlib has with its memLevel of 8.
        deflater ??= new fflate.Deflate({ level, mem: 4 }, collect);
        deflater.push(data);
        deflater.flush(true);
        return withoutTail(collected());
      },
      inflate(payload) {
        inflater ??= new fflate.Inflate(collect);
        inflater.push(payload);
        inflater.push(tail);
        return collected();
      },
    };
  },
  unfit: ({ windowBits }) => (windowBits < 15 ? 'cannot limit its window' : undefined),
};

const pakoEngine: Engine = {
  name: 'pako',
  open({ windowBits, takeover, level }) {
    if (!takeover) {
      return {
        deflate: (data) => Buffer.concat([pako.deflateRaw(data, { windowBits, level, memLevel }), afterFinalBlock]),
        inflate: (payload) => pako.inflateRaw(Buffer.concat([payload, ending]), { windowBits }),
      };
    }
    const collected = (codec: pako.Deflate | pako.Inflate, payload: Uint8Array): Buffer => {
      if (!codec.push(payload, pako.Z_SYNC_FLUSH)) throw new Error(codec.msg);
      const all = Buffer.concat(codec.chunks);
      codec.chunks = [];
      return all;
    };
    let deflater: pako.Deflate | undefined;
    let inflater: pako.Inflate | undefined;
    return {
      deflate(data) {
        deflater ??= new pako.Deflate({ raw: true, windowBits, level, memLevel });
        return withoutTail(collected(deflater, data));
      },
      inflate(payload) {
        inflater ??= new pako.Inflate({ raw: true, windowBits });
        return collected(inflater, Buffer.concat([payload, tail]));
      },
    };
  },
};

/** All ways to compress. */
export const engines: readonly Engine[] = [ours, oursInPool, callbacks, keptStreams, fflateEngine, pakoEngine];
