import { binary, ping, prepare, received, text } from '@genws/protocol';
import type { SendOutcome } from '@genws/session';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OfflineQueue, type QueueLimit, queue } from './offline-queue.ts';

type Sent = Parameters<OfflineQueue<string>['add']>[0] & { type: 'send' };

function createQueue(limit?: QueueLimit) {
  const waiting = new OfflineQueue<string>(queue(limit));
  const send = (...frames: Sent['frames']): SendOutcome => {
    const parcel: Sent = { type: 'send', frames, receipt: { outcome: 'sent' } };
    waiting.add(parcel);
    return parcel.receipt.outcome;
  };
  const tell = (message: string): boolean => waiting.add({ type: 'info', message });
  const take = (): string[] =>
    [...waiting].map((item) => {
      waiting.remove(item);
      if (item.type === 'info') return item.message;
      return 'data' in item.frame ? String(item.frame.data) : item.frame.type;
    });
  return { waiting, send, tell, take };
}

describe('an offline queue', () => {
  it('holds 1000 messages and 1 MiB by default', () => {
    expect(queue()).toEqual({ type: 'queue', frames: 1000, bytes: 1_048_576 });
  });

  it('keeps frames and told messages in their order', () => {
    const { send, tell, take, waiting } = createQueue();
    expect([send(text('a'), ping('b')), tell('c'), tell('c'), send(prepare(text('dé')))]).toEqual([
      'queued',
      true,
      true,
      'queued',
    ]);
    expect([waiting.length, waiting.bytes]).toEqual([5, 5]);
    expect(take()).toEqual(['a', 'b', 'c', 'c', 'dé']);
    expect([waiting.length, waiting.bytes]).toEqual([0, 0]);
  });

  it('says congested beyond its limit, and takes all frames of a list or none (I12)', () => {
    const { send, tell, take } = createQueue({ frames: 3, bytes: 10 });
    expect(send(text('a'), text('b'))).toBe('queued');
    expect(send(text('c'), text('d'))).toBe('congested');
    expect(send(text('123456789'))).toBe('congested');
    expect(send(text('12345678'))).toBe('queued');
    expect([tell('e'), send(text(''))]).toEqual([false, 'congested']);
    expect(take()).toEqual(['a', 'b', '12345678']);
  });

  it('keeps bytes of its own, whatever becomes of those it was given', () => {
    const { send, waiting } = createQueue();
    const bytes = Buffer.from('bytes');
    const chunk = Buffer.alloc(65_536, 'x');
    send(binary(bytes), received('text', chunk, 10, 3));
    bytes.fill(0);
    const [first, second] = [...waiting].map((item) => item.type === 'frame' && item.frame);
    expect(first).toEqual({ type: 'binary', data: new Uint8Array(Buffer.from('bytes')) });
    expect(second).toEqual({ type: 'text', data: 'xxx' });
  });

  it('tells those who wait for room when there is some, or when there never will be', () => {
    const { waiting } = createQueue({ frames: 1 });
    const heard: SendOutcome[] = [];
    const add = (): void => {
      waiting.add({
        type: 'send',
        frames: [text('x')],
        receipt: { outcome: 'queued', settled: (outcome) => heard.push(outcome) },
      });
    };
    add();
    expect(heard).toEqual(['queued']);
    add();
    expect(heard).toEqual(['queued']);
    waiting.release('congested');
    expect(heard).toEqual(['queued', 'congested']);
    add();
    waiting.clear();
    expect(heard).toEqual(['queued', 'congested', 'closed']);
    expect([waiting.length, waiting.bytes]).toEqual([0, 0]);
  });

  it('never holds more than its limit, and counts right', () => {
    const lists = fc.array(fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 5 })));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(40), lists, (frames, bytes, sent) => {
        const { send, tell, take, waiting } = createQueue({ frames, bytes });
        const expected: string[] = [];
        for (const item of sent) {
          if (typeof item === 'string') {
            if (tell(item)) expected.push(item);
          } else if (send(...item.map((data) => text(data))) === 'queued') expected.push(...item);
          expect(waiting.length).toBeLessThanOrEqual(frames);
          expect(waiting.bytes).toBeLessThanOrEqual(bytes);
        }
        expect(waiting.length).toBe(expected.length);
        expect(take()).toEqual(expected);
        expect(waiting.bytes).toBe(0);
      }),
    );
  });

  it.each([{ frames: 0 }, { frames: Number.NaN }, { bytes: -1 }])('throws a RangeError for %o', (limit) => {
    expect(() => queue(limit)).toThrow(RangeError);
  });
});
