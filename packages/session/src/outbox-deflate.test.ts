import { setImmediate } from 'node:timers/promises';
import { ping, prepare, received, text } from '@genws/protocol';
import { describe, expect, it, vi } from 'vitest';
import { createOutbox, deflateOf, marks, overhead, sized } from './outbox.fixture.ts';
import type { Sink } from './sink.fixture.ts';

describe('with compression', () => {
  /** What the peer reads: every compressed message inflated in its order, with one context for all. */
  async function readings(sink: Sink): Promise<string[]> {
    const peer = deflateOf('client', {});
    const read: string[] = [];
    for (const frame of sink.decoded.flat()) {
      if (frame.type !== 'compressed') continue;
      const message = await peer.inflate(frame, { maxMessage: 2 ** 20, validateUtf8: true });
      read.push(message?.type === 'text' ? message.data : `${message?.type}`);
    }
    return read;
  }

  it('messages from the threshold on are compressed, control frames and smaller ones are not', () => {
    const { outbox, sink } = createOutbox({ compress: { threshold: 5 } });
    outbox.hold();
    for (const frame of [text('four'), text('fives'), prepare(text('prepared')), ping('a longer ping')])
      outbox.append(frame);
    outbox.append(received('text', Buffer.from('received')));
    outbox.close({ type: 'close', code: 1000, reason: 'a longer reason' });
    outbox.release();
    expect(sink.wire).toEqual([
      'text four',
      'compressed text',
      'compressed text',
      'ping a longer ping',
      'compressed text',
      'close 1000',
    ]);
  });

  it('nothing overtakes a message that is deflated in the thread pool but pings and pongs', async () => {
    const { outbox, sink, poolDone } = createOutbox({ compress: { threshold: 0, offload: 100 } });
    const large = 'large '.repeat(50);
    outbox.append(text(large));
    outbox.append(text('small'));
    outbox.append(ping('ping'));
    outbox.pong(Buffer.from('pong'));
    outbox.close({ type: 'close', code: 1000 });
    expect([outbox.buffered > 0, outbox.pressure]).toEqual([true, large.length + 5 + 2 * overhead]);
    await poolDone();
    await setImmediate();
    expect(sink.wire).toEqual(['ping ping', 'pong pong', 'compressed text', 'compressed text', 'close 1000']);
    expect(await readings(sink)).toEqual([large, 'small']);
    expect([outbox.buffered, outbox.pressure]).toEqual([0, 0]);
  });

  it('one message is deflated at a time, and all come in the order they were sent in', async () => {
    const { outbox, sink, poolDone } = createOutbox({ compress: { threshold: 0, offload: 100 }, maxBuffered: 100_000 });
    const messages = Array.from({ length: 12 }, (_, n) => (n % 3 === 0 ? `${n} `.repeat(100) : `${n}`));
    for (const message of messages) outbox.append(text(message));
    for (let i = 0; i < 4; i++) await poolDone();
    await setImmediate();
    expect(await readings(sink)).toEqual(messages);
  });

  it('what is being deflated counts until it is, and is not dropped', async () => {
    const { outbox, sink, poolDone } = createOutbox({
      compress: { threshold: 0, offload: 100 },
      slowConsumer: 'drop-oldest',
    });
    outbox.append(sized(600, 'a'));
    expect(outbox.append(sized(500, 'b'))).toBe('dropped');
    expect(outbox.append(sized(400, 'c'))).toBe('sent');
    expect(outbox.append(sized(400, 'd'))).toBe('sent');
    expect([outbox.buffered, outbox.dropped]).toEqual([1000, 2]);
    expect(outbox.append(sized(401, 'e'))).toBe('dropped');
    expect([outbox.buffered, outbox.dropped]).toEqual([1000, 3]);
    await poolDone();
    await poolDone();
    await setImmediate();
    expect(marks(await readings(sink))).toEqual(['a', 'd']);
  });

  it('what is dropped was never deflated: the peer can read all the rest (RFC 7692 §7.2.1)', async () => {
    const { outbox, sink, drain } = createOutbox({ compress: { threshold: 0 }, slowConsumer: 'drop-oldest' });
    sink.onWrite = () => {
      sink.congested = sink.writes.length === 1;
    };
    outbox.append(text('a context to refer to'));
    await setImmediate();
    for (let i = 0; i < 20; i++) outbox.append(sized(250, `a context to refer to, ${i}`));
    drain();
    await setImmediate();
    outbox.append(text('a context to refer to, at last'));
    await setImmediate();
    expect(marks(await readings(sink))).toEqual([
      'a context to refer to',
      ...[16, 17, 18, 19].map((n) => `a context to refer to, ${n}`),
      'a context to refer to, at last',
    ]);
    expect(outbox.dropped).toBe(16);
  });

  it('messages are sent as they are from when that is asked for, those that wait not excepted', async () => {
    const { outbox, sink, drain } = createOutbox({ compress: { threshold: 0 } });
    sink.congested = true;
    outbox.append(text('compressed'));
    outbox.compresses = false;
    outbox.append(text('plain'));
    outbox.append(prepare(text('prepared')));
    outbox.compresses = true;
    outbox.append(text('again'));
    drain();
    await setImmediate();
    expect(sink.wire).toEqual(['compressed text', 'text plain', 'text prepared', 'compressed text']);
    expect(await readings(sink)).toEqual(['compressed', 'again']);
  });

  it('a message that comes from the thread pool after all was let go of is not sent', async () => {
    const { outbox, sink, poolDone } = createOutbox({ compress: { threshold: 0, offload: 0 } });
    outbox.append(text('given up'));
    outbox.append(text('waits for it'));
    outbox.discard();
    outbox.close({ type: 'close', code: 1001 });
    await poolDone();
    await setImmediate();
    expect(sink.wire).toEqual(['close 1001']);
    expect(outbox.buffered).toBe(0);
  });

  it('one that the thread pool has given up is not sent either, nor what waits for it', async () => {
    const { outbox, sink, compression, poolDone } = createOutbox({ compress: { threshold: 0, offload: 0 } });
    outbox.append(text('given up'));
    outbox.append(text('waits for it'));
    compression?.end();
    await poolDone();
    await setImmediate();
    expect(sink.writes).toEqual([]);
  });

  it('a pong waits on for the peer when a message comes from the thread pool meanwhile', async () => {
    const { outbox, sink, drain, poolDone } = createOutbox({ compress: { threshold: 0, offload: 0 } });
    outbox.append(text('deflated'));
    outbox.append(ping('too much'));
    sink.onWrite = () => {
      sink.congested = true;
    };
    await setImmediate();
    outbox.pong(Buffer.from('late'));
    await poolDone();
    await setImmediate();
    expect(sink.wire).toEqual(['ping too much', 'compressed text']); // it had its turn before the peer fell behind
    drain();
    await setImmediate();
    expect(sink.wire).toEqual(['ping too much', 'compressed text', 'pong late']);
  });

  it('our direction does not end before what is being deflated has left', async () => {
    const { outbox, sink, poolDone } = createOutbox({ compress: { threshold: 0, offload: 0 } });
    outbox.append(text('deflated'));
    outbox.end();
    expect(sink.closes).toBe(0);
    await poolDone();
    expect([sink.wire, sink.closes]).toEqual([['compressed text'], 1]);
  });

  it.each([
    ['at once', 1000],
    ['in the thread pool', 0],
  ])('zlib that fails %s is an error of the connection', async (_, offload) => {
    const { outbox, compression, errors } = createOutbox({ compress: { threshold: 0, offload } });
    const error = new Error('out of memory');
    if (compression !== undefined) {
      vi.spyOn(compression, 'deflate').mockImplementation(() => {
        if (offload === 0) return Promise.reject(error);
        throw error;
      });
    }
    expect(outbox.append(text('message'))).toBe('sent');
    await setImmediate();
    expect(errors).toEqual([error]);
  });
});
