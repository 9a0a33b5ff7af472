import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';

/** How often V8 is asked, in bytes that are read: it takes as long as reading a tenth of a MiB. */
const lookInterval = 2 * 1024 * 1024;

/** Bytes of buffers that may gather: with twice as many V8 marks its whole heap. */
const most = 32 * 1024 * 1024;

/** Small enough for V8's young space (bytes, with their header). */
const pieceSize = 32 * 1024;

let untilLook = 0;
/** What is outside of V8's heap when there is little garbage, bytes. */
let floor = Number.POSITIVE_INFINITY;
/** The latest garbage: V8 might leave out what nobody has. */
const latest: { piece?: readonly unknown[] } = {};

/**
 * Bytes have been read. Node makes a buffer for each read, outside of V8's heap. V8 finds that nobody has it any more when
 * it collects its young space, which it does when that is full; large reads fill it so slowly that V8 marks the whole heap
 * before, because of all the buffers. With messages of 1 MiB that takes half of the time, and all of it is avoided by
 * filling the young space when many have gathered.
 */
export function paceCollector(bytes: number): void {
  untilLook -= bytes;
  if (untilLook > 0) return;
  untilLook = lookInterval;
  const now = outside();
  floor = Math.min(floor, now);
  if (now - floor < most) return;
  fillYoungSpace();
  floor = outside(); // by now; what is freed later will be seen then
}

const outside = (): number => getHeapStatistics().external_memory;

function fillYoungSpace(): void {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  for (let left = young?.space_available_size ?? 0; left >= 0; left -= pieceSize)
    latest.piece = new Array(pieceSize / 8 - 2); // references, of 8 bytes
  delete latest.piece;
}
