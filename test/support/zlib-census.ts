import type * as Zlib from 'node:zlib';

type ZlibModule = typeof Zlib;

/** Work that zlib has been given by everybody in this process. */
export const census = {
  /** Streams made and not closed. */
  open: 0,
  /** Most of them at once. */
  most: 0,
  /** Messages deflated, on the calling thread or by a stream. */
  deflated: 0,
  /** The same for inflating. */
  inflated: 0,
};

/** Count from here on; streams that are open stay open. */
export function resetCensus(): void {
  Object.assign(census, { most: census.open, deflated: 0, inflated: 0 });
}

function counted<Engine extends { once(event: 'close', listener: () => void): unknown }>(engine: Engine): Engine {
  census.open += 1;
  census.most = Math.max(census.most, census.open);
  engine.once('close', () => {
    census.open -= 1;
  });
  return engine;
}

/**
 * zlib with a count of what it is given. A test file mocks `node:zlib` with what this makes of the original, and imports
 * this function in the mock's own factory, which runs before the file's imports.
 */
export const counting = (zlib: ZlibModule): ZlibModule => ({
  ...zlib,
  createInflateRaw(options) {
    census.inflated++;
    return counted(zlib.createInflateRaw(options));
  },
  createDeflateRaw(options) {
    census.deflated++;
    return counted(zlib.createDeflateRaw(options));
  },
  inflateRawSync(data, options) {
    census.inflated++;
    return zlib.inflateRawSync(data, options);
  },
  deflateRawSync(data, options) {
    census.deflated++;
    return zlib.deflateRawSync(data, options);
  },
});
