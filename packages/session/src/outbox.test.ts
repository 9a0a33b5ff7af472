import { setImmediate } from 'node:timers/promises';
import { type Decoded, FrameDecoder, text } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { defaultLimits, resolveTuning } from './options.ts';
import { Outbox } from './outbox.ts';
import type { Transport } from './transport.ts';

/** A transport that keeps each write for itself. */
class Sink implements Transport {
  readonly writes: Uint8Array[] = [];
  readonly chunks: Uint8Array[] = [];
  buffered = 0;
  congested = false;
  failure: unknown;
  handOver(): void {}
  activate(): void {}
  close(): void {}
  abort(): void {}

  send(chunks: readonly Uint8Array[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.writes.push(Buffer.concat(chunks));
    this.chunks.push(...chunks);
  }

  /** What was written, frame by frame, one list for each write. */
  get frames(): string[][] {
    const decoder = new FrameDecoder({ role: 'client', limits: defaultLimits });
    return this.writes.map((bytes) => {
      decoder.push(bytes);
      const frames: Decoded[] = [];
      for (let one = decoder.next(); one !== undefined; one = decoder.next()) frames.push(one);
      return frames.map((frame) => {
        if (frame.type === 'close') return `close ${frame.code}`;
        return 'data' in frame ? `${frame.type} ${Buffer.from(frame.data)}` : frame.type;
      });
    });
  }
}

function createOutbox({ maxBuffered = 1000 } = {}) {
  const sink = new Sink();
  const errors: unknown[] = [];
  const tuning = resolveTuning({ limits: { maxBuffered } });
  const onError = (error: unknown): number => errors.push(error);
  const outbox = new Outbox({ role: 'server', transport: sink, tuning, onDeflated: () => {}, onError });
  return { outbox, sink, errors };
}

describe('an outbox', () => {
  it('writes what is sent in one turn in one write, in order, in the next microtask', async () => {
    const { outbox, sink } = createOutbox();
    for (const data of ['a', 'b', 'c']) expect(outbox.append(text(data))).toBe('sent');
    expect(sink.writes).toEqual([]);
    expect(outbox.buffered).toBe(9);
    await setImmediate();
    expect(sink.frames).toEqual([['text a', 'text b', 'text c']]);
    expect(outbox.buffered).toBe(0);
    outbox.append(text('d'));
    await setImmediate();
    expect(sink.frames).toHaveLength(2);
  });

  it('holds back all writes of a turn until it ends, then writes once', async () => {
    const { outbox, sink } = createOutbox();
    outbox.hold();
    outbox.append(text('a'));
    await setImmediate();
    expect(sink.writes).toEqual([]);
    outbox.append(text('b'));
    outbox.release();
    expect(sink.frames).toEqual([['text a', 'text b']]);
    outbox.release();
    await setImmediate();
    expect(sink.writes).toHaveLength(1);
  });

  it('writes at once when told to flush, and nothing when there is nothing', async () => {
    const { outbox, sink } = createOutbox();
    outbox.flush();
    expect(sink.writes).toEqual([]);
    outbox.append(text('a'));
    outbox.flush();
    expect(sink.frames).toEqual([['text a']]);
    await setImmediate();
    expect(sink.writes).toHaveLength(1);
  });

  it('refuses a frame when more waits than maxBuffered, in itself and in the transport together', () => {
    const { outbox, sink } = createOutbox({ maxBuffered: 10 });
    sink.buffered = 8;
    expect(outbox.append(text('a'))).toBe('sent');
    expect(outbox.buffered).toBe(11);
    expect(outbox.append(text('b'))).toBe('congested');
    expect(outbox.buffered).toBe(11);
    sink.buffered = 7;
    expect(outbox.append(text('b'))).toBe('sent');
  });

  it('answers a ping at once while the transport takes bytes', async () => {
    const { outbox, sink } = createOutbox();
    outbox.pong(Buffer.from('1'));
    outbox.pong(Buffer.from('2'));
    await setImmediate();
    expect(sink.frames).toEqual([['pong 1', 'pong 2']]);
    outbox.drained();
    await setImmediate();
    expect(sink.writes).toHaveLength(1);
  });

  it('answers only the latest of many pings when the transport takes bytes again (RFC 6455 §5.5.3)', async () => {
    const { outbox, sink } = createOutbox();
    sink.congested = true;
    for (let i = 0; i < 1000; i++) outbox.pong(Buffer.from(`${i}`));
    await setImmediate();
    expect(sink.writes).toEqual([]);
    sink.congested = false;
    outbox.drained();
    await setImmediate();
    outbox.drained();
    await setImmediate();
    expect(sink.frames).toEqual([['pong 999']]);
  });

  it('keeps a copy of the pong that waits: its bytes belong to a chunk that may be used again', async () => {
    const { outbox, sink } = createOutbox();
    sink.congested = true;
    const chunk = Buffer.from('ping!');
    outbox.pong(chunk.subarray(0, 4));
    chunk.fill(0);
    sink.congested = false;
    outbox.drained();
    await setImmediate();
    expect(sink.frames).toEqual([['pong ping']]);
  });

  it('sends no late pong after the close frame (RFC 6455 §5.5.1)', async () => {
    const { outbox, sink } = createOutbox();
    sink.congested = true;
    outbox.pong(Buffer.from('late'));
    outbox.close({ type: 'close', code: 1000 });
    sink.congested = false;
    outbox.drained();
    await setImmediate();
    expect(sink.frames).toEqual([['close 1000']]);
  });

  it('sends the close frame however much waits', async () => {
    const { outbox, sink } = createOutbox({ maxBuffered: 0 });
    sink.buffered = 1;
    expect(outbox.append(text('a'))).toBe('congested');
    outbox.close({ type: 'close', code: 1013 });
    await setImmediate();
    expect(sink.frames).toEqual([['close 1013']]);
  });

  it('lets what has to wait for a slow peer hold no more than twice its size', async () => {
    const { outbox, sink } = createOutbox();
    outbox.append(text('leaves at once'));
    await setImmediate();
    sink.buffered = 1;
    outbox.append(text('waits'));
    await setImmediate();
    const held = sink.chunks.map(({ length, buffer }) => buffer.byteLength <= 2 * length);
    expect(held).toEqual([false, true]); // the first lies in the block that all sessions share
    expect(sink.frames).toEqual([['text leaves at once'], ['text waits']]);
  });

  it('tells of a transport that throws', async () => {
    const { outbox, sink, errors } = createOutbox();
    sink.failure = new Error('gone');
    outbox.append(text('a'));
    await setImmediate();
    expect(errors).toEqual([sink.failure]);
  });
});
