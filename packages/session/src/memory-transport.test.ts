import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createMemoryTransports, type MemoryTransport } from './memory-transport.ts';
import type { TransportEvent } from './transport.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

/** Take an end over and write down what it tells; reads from the beginning unless told otherwise. */
function listen(transport: MemoryTransport, batches = Number.POSITIVE_INFINITY): string[] {
  const heard: string[] = [];
  transport.handOver((event: TransportEvent) =>
    heard.push(event.type === 'transport.data' ? Buffer.from(event.bytes).toString() : event.type),
  );
  if (batches > 0) transport.activate(batches);
  return heard;
}

describe('a pair of transports in memory', () => {
  it('carries bytes both ways, in a later microtask', async () => {
    const [left, right] = createMemoryTransports();
    const [atLeft, atRight] = [listen(left), listen(right)];
    left.send([bytes('to '), bytes('the right')]);
    right.send([bytes('to the left')]);
    expect([atLeft, atRight]).toEqual([[], []]);
    await setImmediate();
    expect([atLeft, atRight]).toEqual([['to the left'], ['to the right']]);
  });

  it.each([
    ['a Uint8Array', bytes('sent')],
    ['a Buffer', Buffer.from('sent')],
  ])('copies what is sent, as a network would: %s may be used again at once', async (_, chunk) => {
    const [left, right] = createMemoryTransports();
    const received: Uint8Array[] = [];
    right.handOver((event) => event.type === 'transport.data' && received.push(event.bytes));
    right.activate(Number.POSITIVE_INFINITY);
    left.send([chunk]);
    chunk.fill(0);
    await setImmediate();
    expect(Buffer.concat(received).toString()).toBe('sent');
    received[0]?.fill(1);
    expect([...chunk]).toEqual([0, 0, 0, 0]);
  });

  it('delivers as many batches as were asked for, and what has come meanwhile with the next', async () => {
    const [left, right] = createMemoryTransports();
    const heard = listen(right, 0);
    left.send([bytes('a')]);
    await setImmediate();
    expect(heard).toEqual([]);
    expect(left.buffered).toBe(1);
    right.activate(1);
    await setImmediate();
    left.send([bytes('b')]);
    left.send([bytes('c')]);
    await setImmediate();
    expect(heard).toEqual(['a']);
    right.activate(1);
    await setImmediate();
    expect(heard).toEqual(['a', 'bc']);
    expect(left.buffered).toBe(0);
  });

  it('stops reading when asked for 0 batches', async () => {
    const [left, right] = createMemoryTransports();
    const heard = listen(right);
    right.activate(0);
    left.send([bytes('a')]);
    await setImmediate();
    expect(heard).toEqual([]);
  });

  it('hands bytes to receive while nobody owns it, and the end of the stream as undefined', async () => {
    const [left, right] = createMemoryTransports();
    left.send([bytes('a')]);
    expect(Buffer.from((await right.receive()) ?? []).toString()).toBe('a');
    const pending = right.receive();
    left.send([bytes('b')]);
    expect(Buffer.from((await pending) ?? []).toString()).toBe('b');
    left.close();
    expect(await right.receive()).toBeUndefined();
  });

  it('is congested above 64 KiB that the other end has not read, and drained once when it has', async () => {
    const [left, right] = createMemoryTransports();
    const [atLeft, atRight] = [listen(left), listen(right, 0)];
    left.send([new Uint8Array(64 * 1024)]);
    expect(left.congested).toBe(false);
    left.send([new Uint8Array(1)]);
    expect([left.congested, left.buffered]).toEqual([true, 64 * 1024 + 1]);
    await setImmediate();
    expect(atLeft).toEqual([]);
    right.activate(1);
    await setImmediate();
    expect([left.congested, left.buffered]).toEqual([false, 0]);
    expect(atLeft).toEqual(['transport.drained']);
    expect(atRight).toHaveLength(1);
  });

  it('delivers what was sent before the end, then the end, and ends its own direction too', async () => {
    const [left, right] = createMemoryTransports();
    const [atLeft, atRight] = [listen(left), listen(right)];
    left.send([bytes('last words')]);
    left.close();
    left.send([bytes('too late')]);
    await setImmediate();
    expect(atRight).toEqual(['last words', 'transport.closed']);
    expect(atLeft).toEqual(['transport.closed']);
  });

  it('still takes what is written in the turn in which the other end has ended its direction', async () => {
    const [left, right] = createMemoryTransports();
    const [atLeft] = [listen(left), listen(right)];
    left.close();
    queueMicrotask(() => right.send([bytes('answer')]));
    await setImmediate();
    expect(atLeft).toEqual(['answer', 'transport.closed']);
  });

  it('keeps the end back while bytes before it are not read', async () => {
    const [left, right] = createMemoryTransports();
    const heard = listen(right, 0);
    left.send([bytes('unread')]);
    left.close();
    await setImmediate();
    expect(heard).toEqual([]);
    right.activate(1);
    await setImmediate();
    expect(heard).toEqual(['unread', 'transport.closed']);
  });

  it('tells of an end that came before anybody listened', async () => {
    const [left, right] = createMemoryTransports();
    left.close();
    await setImmediate();
    const heard = listen(right);
    await setImmediate();
    expect(heard).toEqual(['transport.closed']);
  });

  it('drops everything on abort, and tells both ends once', async () => {
    const [left, right] = createMemoryTransports();
    const [atLeft, atRight] = [listen(left), listen(right, 0)];
    right.send([bytes('never read')]);
    left.abort();
    left.abort();
    left.close();
    right.send([bytes('to nobody')]);
    await setImmediate();
    expect(atLeft).toEqual(['transport.closed']);
    expect(atRight).toEqual(['transport.closed']);
    expect(right.buffered).toBe(0);
  });
});
