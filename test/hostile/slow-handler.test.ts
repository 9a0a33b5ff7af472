import { defineHandler } from 'genws';
import { describe, expect, it } from 'vitest';
import { CompressedPeer, openCompressed } from '../support/compressed-peer.ts';
import { Inbox } from '../support/inbox.ts';
import { numbered, numbersFrom } from '../support/numbered-messages.ts';
import { openSocket, type SocketPeer } from '../support/socket-peer.ts';
import { wiredSides } from '../support/wires.ts';

const kibibyte = 1024;

const cases = [
  ...wiredSides.map((side) => ({ ...side, how: 'as they are', compressed: false })),
  { role: 'server', wire: 'tcp', how: 'compressed', compressed: true } as const,
  { role: 'client', wire: 'tls', how: 'compressed', compressed: true } as const,
];

/** Takes each message as long as the test wants it to. */
function createSlow() {
  const steps = new Inbox<() => void>();
  const numbers: number[] = [];
  let atOnce = 0;
  let most = 0;
  const handler = defineHandler<undefined>({
    init: () => ['ok', undefined],
    async handleIn(frame) {
      if (frame.type !== 'binary') return ['ok', undefined];
      most = Math.max(most, ++atOnce);
      numbers.push(Buffer.from(frame.data).readUInt32BE());
      await new Promise<void>((resolve) => steps.push(resolve));
      atOnce--;
      return ['ok', undefined];
    },
  });
  return { handler, steps, numbers, most: () => most };
}

/** A message as the peer sends it. */
async function encoded(peer: SocketPeer<unknown>, data: Uint8Array): Promise<Buffer> {
  if (!(peer instanceof CompressedPeer)) return peer.encode({ opcode: 2, payload: data });
  return peer.encode({ opcode: 2, rsv: 4, payload: await peer.compressor.compress(data) });
}

describe.each(cases)(
  'a handler of a $role over $wire that is slower than its peer, who sends messages $how',
  (side) => {
    it('E10: stops reading at maxBacklog, so that the peer’s window fills; reads on, in order, and loses nothing', async () => {
      const { handler, steps, numbers, most } = createSlow();
      const maxBacklog = 256 * kibibyte;
      const options = { role: side.role, wire: side.wire, handler, limits: { maxBacklog } };
      await using peer = await (side.compressed
        ? openCompressed({ ...options, peer: { level: 0 } })
        : openSocket(options));
      const published = 300;
      const wire: Buffer[] = [];
      for (let number = 0; number < published; number++) wire.push(await encoded(peer, numbered(number).data));
      let written = 0;
      for (const bytes of wire) {
        void peer.connection.write(bytes).then(() => {
          written++;
        });
      }
      const release = await steps.next();
      await peer.settled();
      expect(peer.connection.unsent).toBeGreaterThan(0);
      expect(written).toBeLessThan(published);
      expect(numbers).toEqual([0]);
      release();
      for (let i = 1; i < published; i++) (await steps.next())();
      expect(numbers).toEqual(numbersFrom(0, published));
      await peer.send({ opcode: 9 });
      expect(await peer.hear()).toBe('pong');
      expect([written, most()]).toEqual([published, 1]);
    });
  },
);

describe.each(wiredSides)(
  'a busy handler of a $role over $wire whose peer sends messages of one byte',
  ({ role, wire }) => {
    it('E10: is waited for, not given up: each of them counts against maxBacklog with what it costs to keep', async () => {
      const count = 300_000;
      const begun = new Inbox<() => void>();
      let taken = 0;
      const handler = defineHandler<undefined>({
        init: () => ['ok', undefined],
        handleIn: () =>
          taken++ > 0 ? ['ok', undefined] : new Promise((resolve) => begun.push(() => resolve(['ok', undefined]))),
      });
      await using peer = await openSocket({ role, wire, handler });
      const tiny = peer.encode({ opcode: 1, payload: 'x' });
      void peer.connection.write(Buffer.alloc(count * tiny.length, tiny));
      const release = await begun.next();
      await peer.settled();
      expect(taken).toBe(1);
      release();
      await peer.send({ opcode: 9 });
      expect(await peer.hear()).toBe('pong');
      expect([taken, peer.session.state]).toEqual([count + 1, 'open']);
    });
  },
);
