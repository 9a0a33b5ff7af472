import { setImmediate } from 'node:timers/promises';
import { binary, ping, prepare, received, text } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from './garbage.fixture.ts';
import { createOutbox, overhead, sized } from './outbox.fixture.ts';

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
  });

  it('tells of a transport that throws', async () => {
    const { outbox, sink, errors } = createOutbox();
    sink.failure = new Error('gone');
    outbox.append(text('a'));
    await setImmediate();
    outbox.end();
    expect(errors).toEqual([sink.failure, sink.failure]);
  });
});

describe('what an outbox counts', () => {
  it('is what waits in itself and what waits in the transport, together', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.buffered = 100;
    expect([outbox.buffered, outbox.pressure]).toEqual([100, 0]);
    outbox.append(text('abc'));
    expect([outbox.buffered, outbox.pressure]).toEqual([105, 0]); // it leaves at the end of the turn
    await setImmediate();
    sink.congested = true;
    expect([outbox.buffered, outbox.pressure]).toEqual([100, 100]);
    outbox.append(text('grüße'));
    expect([outbox.buffered, outbox.pressure]).toEqual([100 + 7 + overhead, 100 + 7 + overhead]);
    drain();
    await setImmediate();
    expect([outbox.buffered, outbox.pressure]).toEqual([0, 0]);
  });

  it.each([
    ['text', text('grüße'), 7],
    ['received text', received('text', Buffer.from('grüße')), 7],
    ['binary', binary(new Uint8Array(50)), 50],
    ['a prepared frame, with its header', prepare(text('grüße')), 9],
    ['an empty message', text(''), 0],
  ] as const)('of a message that waits are its bytes and 128 more: %s', (_, message, bytes) => {
    const { outbox, sink } = createOutbox();
    sink.congested = true;
    outbox.append(message);
    expect(outbox.buffered).toBe(bytes + overhead);
    outbox.append(message);
    expect(outbox.buffered).toBe(2 * (bytes + overhead));
  });

  it('is too much to ask for more from highWater on', () => {
    const { outbox, sink, tuning, tune } = createOutbox({ highWater: 400, maxBuffered: 10_000 });
    sink.congested = true;
    sink.buffered = 500; // which the transport has taken already
    expect(outbox.overflowing).toBe(false);
    outbox.append(sized(400));
    expect(outbox.overflowing).toBe(false);
    outbox.append(text(''));
    expect(outbox.overflowing).toBe(true);
    tune({ ...tuning, limits: { ...tuning.limits, highWater: 528 } });
    expect(outbox.overflowing).toBe(false);
  });
});

describe('while the peer does not read', () => {
  it('messages wait in their order, and leave as far as the transport takes them', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    for (const mark of ['a', 'b', 'c']) outbox.append(text(mark));
    await setImmediate();
    expect(sink.writes).toEqual([]);
    sink.onWrite = () => {
      sink.congested = true;
    };
    drain();
    await setImmediate();
    expect(sink.wire).toEqual(['text a', 'text b', 'text c']);
    outbox.append(text('d'));
    await setImmediate();
    expect(sink.wire).toHaveLength(3);
  });

  it('pings and pongs overtake messages (RFC 6455 §5.5.2)', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    outbox.append(text('waits'));
    outbox.append(ping('overtakes'));
    outbox.append({ type: 'pong', data: 'overtakes' });
    await setImmediate();
    expect(sink.wire).toEqual(['ping overtakes', 'pong overtakes']);
    drain();
    await setImmediate();
    expect(sink.wire.at(-1)).toBe('text waits');
  });

  it('what is sent later does not overtake what waits for its turn', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    outbox.append(text('first'));
    sink.congested = false; // its drained event is still under way
    outbox.append(text('second'));
    drain();
    await setImmediate();
    expect(sink.wire).toEqual(['text first', 'text second']);
  });

  it('it is not asked for a sign of life', async () => {
    const { outbox, sink } = createOutbox();
    sink.congested = true;
    outbox.ping();
    await setImmediate();
    expect(sink.writes).toEqual([]);
    sink.congested = false;
    outbox.ping();
    await setImmediate();
    expect(sink.wire).toEqual(['ping']);
  });

  it('what waits is a message as it was, not the chunk of bytes that it came in', async () => {
    const { outbox, sink, drain } = createOutbox({ maxBuffered: 10_000 });
    sink.congested = true;
    const chunk = Buffer.from('hello, world');
    outbox.append(received('text', chunk.subarray(0, 5)));
    outbox.append(binary(chunk.subarray(7, 12)));
    chunk.fill(0);
    drain();
    await setImmediate();
    expect(sink.wire).toEqual(['text hello', 'binary world']);
  });

  it('messages hold no more than twice their size, and are not copied where they hold no more', async () => {
    const { outbox, sink, drain } = createOutbox({ maxBuffered: 2 ** 30 });
    sink.congested = true;
    await collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 200; i++) {
      const chunk = new Uint8Array(256 * 1024);
      outbox.append(i % 2 === 0 ? binary(chunk.subarray(0, 1024)) : received('text', chunk.subarray(0, 1024)));
    }
    await collectGarbage();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * 2 ** 20);
    const whole = new Uint8Array(100_000);
    outbox.append(binary(whole));
    drain();
    outbox.release();
    expect(sink.chunks.some(({ buffer }) => buffer === whole.buffer)).toBe(true);
  });

  it('only the latest of many pings is answered, when the transport takes bytes again (RFC 6455 §5.5.3)', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    for (let i = 0; i < 1000; i++) outbox.pong(Buffer.from(`${i}`));
    await setImmediate();
    expect(sink.writes).toEqual([]);
    drain();
    await setImmediate();
    drain();
    await setImmediate();
    expect(sink.frames).toEqual([['pong 999']]);
  });

  it('the pong that waits is a copy: its bytes belong to a chunk that may be used again', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    const chunk = Buffer.from('ping!');
    outbox.pong(chunk.subarray(0, 4));
    chunk.fill(0);
    drain();
    await setImmediate();
    expect(sink.frames).toEqual([['pong ping']]);
  });

  it('the pong that waits leaves before the messages that wait', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    outbox.append(text('message'));
    outbox.pong(Buffer.from('pong'));
    drain();
    await setImmediate();
    expect(sink.wire).toEqual(['pong pong', 'text message']);
  });
});

describe('a ping of the peer', () => {
  it('is answered at once while the transport takes bytes', async () => {
    const { outbox, sink, drain } = createOutbox();
    outbox.pong(Buffer.from('1'));
    outbox.pong(Buffer.from('2'));
    await setImmediate();
    expect(sink.frames).toEqual([['pong 1', 'pong 2']]);
    drain();
    await setImmediate();
    expect(sink.writes).toHaveLength(1);
  });
});

describe('the close frame', () => {
  it('leaves at once when nothing waits, and nothing after it', async () => {
    const { outbox, sink, drain } = createOutbox();
    outbox.append(text('last'));
    outbox.close({ type: 'close', code: 1000 });
    await setImmediate();
    drain();
    expect(sink.wire).toEqual(['text last', 'close 1000']);
  });

  it('leaves after the messages that wait', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    outbox.append(text('waits'));
    outbox.close({ type: 'close', code: 1000 });
    await setImmediate();
    expect(sink.writes).toEqual([]);
    drain();
    await setImmediate();
    drain();
    await setImmediate();
    expect(sink.wire).toEqual(['text waits', 'close 1000']);
  });

  it('leaves at once when those have been let go of, which are not sent any more', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    outbox.append(text('waits'));
    outbox.discard();
    expect([outbox.buffered, outbox.pressure, outbox.dropped]).toEqual([0, 0, 0]);
    outbox.close({ type: 'close', code: 1013 });
    await setImmediate();
    drain();
    await setImmediate();
    expect(sink.wire).toEqual(['close 1013']);
  });

  it('leaves however much waits in the transport', async () => {
    const { outbox, sink } = createOutbox({ maxBuffered: 0 });
    sink.buffered = 1;
    expect(outbox.append(text('a'))).toBe('congested');
    outbox.close({ type: 'close', code: 1013 });
    await setImmediate();
    expect(sink.frames).toEqual([['close 1013']]);
  });

  it('is not followed by a late pong (RFC 6455 §5.5.1)', async () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    outbox.pong(Buffer.from('late'));
    outbox.close({ type: 'close', code: 1000 });
    drain();
    await setImmediate();
    expect(sink.frames).toEqual([['close 1000']]);
  });
});

describe('the end of our direction', () => {
  it('comes at once when nothing waits, with what was sent in the same turn before it', () => {
    const { outbox, sink } = createOutbox();
    outbox.append(text('last'));
    outbox.end();
    expect([sink.wire, sink.closes]).toEqual([['text last'], 1]);
  });

  it('comes once, after the messages that wait and the close frame', () => {
    const { outbox, sink, drain } = createOutbox();
    sink.congested = true;
    outbox.append(text('waits'));
    outbox.close({ type: 'close', code: 1000 });
    outbox.end();
    expect([sink.wire, sink.closes]).toEqual([[], 0]);
    drain();
    expect([sink.wire, sink.closes]).toEqual([['text waits', 'close 1000'], 1]);
    drain();
    expect(sink.closes).toBe(1);
  });
});
