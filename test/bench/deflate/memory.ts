import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { WindowBits } from '@genws/protocol';
import { type Codec, type Engine, engines, ours, type Setting } from './engine.ts';
import { loopTime } from './measure.ts';
import { chat, json } from './traffic.ts';

const connections = 1000;
const windows = [9, 12, 15] as const satisfies readonly WindowBits[];
const loads = ['quiet', 'busy', 'burst'] as const;

/** What connections did before they are weighed, or do while they are. */
export type Load = (typeof loads)[number];

/** What many connections weigh. */
export interface Weight {
  /** What they hold, in bytes per connection: the heap, and what it keeps alive outside, zlib's memory included. */
  readonly held: number;
  /** By how much the process has grown, in bytes per connection: with what its allocator has not given back. */
  readonly resident: number;
  /** The most by which it had grown after any message, in bytes. */
  readonly peak: number;
  /** How long it took, and CPU time of the event loop's thread meanwhile, in ms. */
  readonly wall: number;
  readonly loop: number;
}

/**
 * Weighs 1,000 connections in a process of their own, each with both directions:
 *
 * - `quiet`: after four messages of 100 bytes each way
 * - `busy`: after four messages of 10 KiB each way, which fill any window
 * - `burst`: while each compresses one message of 64 KiB, 500 of them at once
 */
export async function weigh(engine: Engine, { windowBits, takeover }: Setting, load: Load): Promise<Weight> {
  const parameters = [import.meta.filename, engine.name, String(windowBits), String(takeover), load];
  const { stdout } = await promisify(execFile)(process.execPath, parameters);
  return JSON.parse(stdout);
}

const heldNow = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Opens connections that have sent and received what the load says. */
async function openAll(engine: Engine, setting: Setting, load: Load, count: number): Promise<Codec[]> {
  const messages = (load === 'busy' ? json(10_240) : chat).messages.slice(0, 4);
  const peer = ours.open(setting);
  const payloads: Uint8Array[] = [];
  for (const message of messages) payloads.push(await peer.deflate(message));
  const codecs: Codec[] = [];
  for (let opened = 0; opened < count; opened++) {
    const codec = engine.open(setting);
    for (const message of messages) await codec.deflate(message);
    for (const payload of payloads) await codec.inflate(payload);
    codecs.push(codec);
  }
  return codecs;
}

async function weighHere(engine: Engine, setting: Setting, load: Load): Promise<Weight> {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  /** Handles that are done with close in the next turn, and finalizers run in another. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) {
      collectGarbage();
      await new Promise(setImmediate);
    }
  };
  await openAll(engine, setting, load, 100);
  const codecs = load === 'burst' ? await openAll(engine, setting, load, connections / 2) : [];
  const [large = Buffer.alloc(0)] = json(65_536).messages;

  await settle();
  const residentBefore = process.memoryUsage.rss();
  const heldBefore = heldNow();
  const start = performance.now();
  const loopBefore = loopTime();
  let highest = residentBefore;
  if (load === 'burst') {
    const deflated = codecs.map(async (codec) => {
      const payload = await codec.deflate(large);
      highest = Math.max(highest, process.memoryUsage.rss());
      return payload;
    });
    await Promise.all(deflated);
  } else codecs.push(...(await openAll(engine, setting, load, connections)));
  const wall = performance.now() - start;
  const loop = (loopTime() - loopBefore) / 1000;

  await settle();
  return {
    held: (heldNow() - heldBefore) / codecs.length,
    resident: (process.memoryUsage.rss() - residentBefore) / codecs.length,
    peak: highest - residentBefore,
    wall,
    loop,
  };
}

if (import.meta.main) {
  const [name, bits, takeover, load] = process.argv.slice(2);
  const engine = engines.find((known) => known.name === name) ?? ours;
  const windowBits = windows.find((known) => String(known) === bits) ?? 15;
  const setting = { windowBits, takeover: takeover === 'true', level: 6 };
  console.log(JSON.stringify(await weighHere(engine, setting, loads.find((known) => known === load) ?? 'quiet')));
}
