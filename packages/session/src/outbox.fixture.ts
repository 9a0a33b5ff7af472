import { type DeflateOptions, type Encodable, PerMessageDeflate, type Role, text } from '@genws/protocol';
import { expect } from 'vitest';
import { type ResolvedTuning, resolveTuning, type SessionLimits, type SlowConsumerPolicy } from './options.ts';
import { Outbox } from './outbox.ts';
import { Sink } from './sink.fixture.ts';

/** What a message costs besides its payload, bytes. */
export const overhead = 128;

/** What the handshake has come to: both sides keep their contexts. */
const direction = { contextTakeover: true, windowBits: 15 } as const;
export const deflateOf = (role: Role, options: DeflateOptions): PerMessageDeflate =>
  new PerMessageDeflate({ server: direction, client: direction }, role, options);

interface OutboxSettings extends Partial<SessionLimits> {
  readonly slowConsumer?: SlowConsumerPolicy;
  /** Compress what is at least `threshold` long, in the thread pool what is at least `offload` long. */
  readonly compress?: DeflateOptions;
}

/** A server's outbox before a transport that keeps what it is given. */
export function createOutbox({ slowConsumer, compress, ...limits }: OutboxSettings = {}) {
  const sink = new Sink();
  const errors: unknown[] = [];
  const tuning = resolveTuning({ ...(slowConsumer && { slowConsumer }), limits: { maxBuffered: 1000, ...limits } });
  const compression = compress && deflateOf('server', compress);
  const deflated: (Encodable | undefined)[] = [];
  const owner = {
    role: 'server' as const,
    transport: sink,
    tuning,
    compression,
    deflated: (frame: Encodable | undefined) => deflated.push(frame),
    failed: (error: unknown) => errors.push(error),
  };
  const outbox = new Outbox(owner);
  const drain = (): void => {
    sink.congested = false;
    sink.buffered = 0;
    outbox.drained();
  };
  /** What the thread pool has deflated, handed over. */
  const poolDone = async (): Promise<void> => {
    await expect.poll(() => deflated.length, { interval: 1 }).toBeGreaterThan(0);
    outbox.deflated(deflated.shift());
  };
  /** Options have changed. */
  const tune = (changed: ResolvedTuning): void => {
    owner.tuning = changed;
  };
  return { outbox, sink, errors, tuning, tune, compression, drain, poolDone };
}

/** A message that counts as this many bytes. */
export const sized = (bytes: number, mark = 'x') => text(mark.padEnd(bytes - overhead, '.'));

/** Text messages by what marks them: without what fills them up. */
export const marks = (wire: readonly string[]): string[] => wire.map((frame) => frame.replaceAll(/^text |\.+$/g, ''));
