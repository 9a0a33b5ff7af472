import { received, violation } from '@genws/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mailbox, type MailboxItem } from './mailbox.ts';

const message = (n: number): MailboxItem<number> => ({ type: 'info', message: n });
const binary = (length: number): MailboxItem<number> => received('binary', new Uint8Array(length));

function drain(mailbox: Mailbox<number>): MailboxItem<number>[] {
  const items: MailboxItem<number>[] = [];
  for (let item = mailbox.shift(); item !== undefined; item = mailbox.shift()) items.push(item);
  return items;
}

describe('a mailbox', () => {
  it('gives back what was put in, first come first served', () => {
    const mailbox = new Mailbox<number>();
    for (const n of [1, 2, 3]) mailbox.push(message(n));
    expect(mailbox.length).toBe(3);
    expect(mailbox.peek()).toEqual(message(1));
    expect(drain(mailbox)).toEqual([1, 2, 3].map(message));
    expect(mailbox.length).toBe(0);
    expect(mailbox.peek()).toBeUndefined();
    expect(mailbox.shift()).toBeUndefined();
  });

  it('puts an item before all others on request, whether or not something was taken before', () => {
    const mailbox = new Mailbox<number>();
    for (const n of [1, 2, 3]) mailbox.push(message(n));
    mailbox.unshift(message(0));
    expect(mailbox.shift()).toEqual(message(0));
    expect(mailbox.shift()).toEqual(message(1));
    mailbox.unshift(message(10));
    expect(mailbox.length).toBe(3);
    expect(drain(mailbox)).toEqual([10, 2, 3].map(message));
  });

  it('counts every frame of the peer with its payload, and messages of actors not at all', () => {
    const mailbox = new Mailbox<number>();
    mailbox.push(message(1));
    mailbox.push({ type: 'peer.closed', frame: { type: 'close' } });
    expect(mailbox.bytes).toBe(0);
    const sizes = [
      received('text', Buffer.from('grüße')),
      binary(1000),
      { type: 'ping', data: new Uint8Array(10) } as const,
      { type: 'pong', data: new Uint8Array(20) } as const,
    ].map((item) => {
      const before = mailbox.bytes;
      mailbox.push(item);
      return mailbox.bytes - before;
    });
    const [empty = 0] = sizes.map((size, i) => size - ([7, 1000, 10, 20][i] ?? 0));
    expect(sizes).toEqual([7 + empty, 1000 + empty, 10 + empty, 20 + empty]);
    drain(mailbox);
    expect(mailbox.bytes).toBe(0);
  });

  it('counts empty messages too: each is an object that waits', () => {
    const mailbox = new Mailbox<number>();
    for (let i = 0; i < 100_000; i++) mailbox.push(received('text', new Uint8Array(0)));
    expect(mailbox.bytes).toBeGreaterThan(1024 * 1024);
  });

  it('counts compressed frames by what they hold as they are', () => {
    const mailbox = new Mailbox<number>();
    mailbox.push({ type: 'compressed', kind: 'text', data: new Uint8Array(300) });
    mailbox.unshift({ type: 'compressed', kind: 'binary', data: new Uint8Array(40) });
    expect(mailbox.bytes).toBe(340 + 2 * 128);
    mailbox.shift();
    expect(mailbox.bytes).toBe(300 + 128);
  });

  it('gives what is no frame of the peer past those that are, which wait on in their order', () => {
    const mailbox = new Mailbox<number>();
    const close: MailboxItem<number> = { type: 'close', code: 1000 };
    const closed: MailboxItem<number> = { type: 'peer.closed', frame: close };
    const violated: MailboxItem<number> = { type: 'peer.violated', violation: violation('reservedOpcode') };
    const gone: MailboxItem<number> = { type: 'transport.error', error: new Error('gone') };
    const frames: readonly MailboxItem<number>[] = [
      received('text', new Uint8Array(1)),
      binary(2),
      { type: 'compressed', kind: 'text', data: new Uint8Array(3) },
      { type: 'ping', data: new Uint8Array(4) },
      { type: 'pong', data: new Uint8Array(5) },
      close,
      closed,
      violated,
    ];
    frames.forEach((frame, n) => {
      mailbox.push(frame);
      mailbox.push(message(n));
    });
    mailbox.push(gone);
    const { bytes } = mailbox;
    const past = Array.from({ length: frames.length + 2 }, () => mailbox.shiftPast());
    expect(past).toEqual([...frames.map((_, n) => message(n)), gone, undefined]);
    expect([mailbox.length, mailbox.bytes]).toEqual([frames.length, bytes]);
    expect(drain(mailbox)).toEqual(frames);
  });

  it('is empty when it has been abandoned', () => {
    const mailbox = new Mailbox<number>();
    mailbox.push(message(1));
    mailbox.push(binary(5));
    mailbox.shift();
    mailbox.abandon();
    expect([mailbox.length, mailbox.bytes, mailbox.peek()]).toEqual([0, 0, undefined]);
  });

  it('gives back, when it is abandoned, that the peer has closed or gone, and no message', () => {
    const mailbox = new Mailbox<number>();
    const close: MailboxItem<number> = { type: 'close', code: 1000 };
    const gone: MailboxItem<number> = { type: 'transport.closed' };
    for (const item of [
      message(1),
      binary(3),
      message(2),
      close,
      { type: 'ping', data: new Uint8Array(0) } as const,
      { type: 'compressed', kind: 'text', data: new Uint8Array(1) } as const,
      gone,
    ])
      mailbox.push(item);
    mailbox.shift();
    expect(mailbox.abandon()).toEqual([{ type: 'peer.closed', frame: close }, gone]);
    expect([mailbox.length, mailbox.bytes]).toEqual([0, 0]);
    expect(mailbox.abandon()).toEqual([]);
  });

  it('does what an array would do, whatever is done to it in whatever order', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('push'), n: fc.nat(3000) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('shift'), n: fc.nat(3000) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('unshift'), n: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('clear'), n: fc.constant(1) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const mailbox = new Mailbox<number>();
        let model: MailboxItem<number>[] = [];
        let count = 0;
        for (const { do: what, n } of steps) {
          for (let i = 0; i < n; i++) {
            const item = i % 2 === 0 ? message(count++) : binary(count++ % 50);
            if (what === 'push') {
              mailbox.push(item);
              model.push(item);
            } else if (what === 'unshift') {
              mailbox.unshift(item);
              model.unshift(item);
            } else if (what === 'shift') {
              if (mailbox.shift() !== model.shift()) expect.fail('another item');
            } else {
              mailbox.abandon();
              model = [];
            }
          }
          expect(mailbox.length).toBe(model.length);
          expect(mailbox.peek()).toBe(model[0]);
        }
        expect(drain(mailbox).every((item, i) => item === model[i])).toBe(true);
        expect(mailbox.bytes).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('takes a long queue in time that grows with its length alone', () => {
    const mailbox = new Mailbox<number>();
    for (let i = 0; i < 300_000; i++) mailbox.push(message(i));
    const begin = performance.now();
    drain(mailbox);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
