import { type DeflateOptions, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { hex } from '../support/raw-frame.ts';
import { echo } from '../support/recording.ts';

const hello = hex('f2 48 cd c9 c9 07 00');
/** `Hello` as a reference to an earlier one. */
const again = hex('f2 00 11 00 00');
const matrix = ['', 'server_no_context_takeover', 'client_no_context_takeover'];
const params = [...matrix, 'server_no_context_takeover; client_no_context_takeover'];

describe.each(sides)('the contexts of a $role over $scheme', ({ role, secure }) => {
  const open = (element: string, compress: DeflateOptions = {}) =>
    openCompressed({ role, secure, params: element, compress: { threshold: 0, ...compress }, handler: echo });
  const other = role === 'server' ? 'client' : 'server';
  const own = `${role}_no_context_takeover`;
  const theirs = `${other}_no_context_takeover`;

  describe.each(params)('under "%s"', (element) => {
    it(`${element.includes(own) ? 'is not' : 'is'} carried over when it sends (RFC 7692 §7.1.1)`, async () => {
      await using peer = await open(element);
      const payloads: Buffer[] = [];
      while (payloads.length < 3) {
        send(peer.session, text('Hello'));
        const frame = await peer.connection.frame();
        expect(frame).toMatchObject({ opcode: 1, rsv: 4, fin: true });
        payloads.push(frame.payload);
      }
      const next = element.includes(own) ? hello : again;
      expect(payloads.slice(0, 2)).toEqual([hello, next]);
      expect(payloads[2]?.length).toBeLessThanOrEqual(next.length);
    });

    it(`${element.includes(theirs) ? 'is not' : 'is'} kept for what it receives (RFC 7692 §7.1.1)`, async () => {
      await using peer = await open(element);
      await peer.sendCompressed(hello);
      expect(await peer.hear()).toBe('text Hello');
      await peer.sendCompressed(again);
      if (element.includes(theirs)) {
        expect(await peer.ending()).toMatchObject({ code: 1007, exit: { violation: { code: 'badDeflate' } } });
      } else expect(await peer.hear()).toBe('text Hello');
    });

    it('both go on through a long conversation', async () => {
      await using peer = await open(element);
      const random = new RandomBytes(element);
      const words = Array.from({ length: 50 }, () => Buffer.from(random.take(1 + random.below(40))).toString('hex'));
      for (let turn = 0; turn < 40; turn++) {
        const message = Array.from({ length: random.below(200) }, () => words[random.below(50)]).join(' ');
        await peer.say(message, Buffer.from(message));
        const [heard, bytes] = [await peer.read(), await peer.read()];
        expect(heard.payload.toString()).toBe(message);
        expect(bytes.payload.toString()).toBe(message);
      }
    });

    it('never refer from one direction to the other', async () => {
      await using peer = await open(element);
      await peer.sendCompressed(hello);
      expect((await peer.connection.frame()).payload).toEqual(hello);
    });
  });

  it('its own is not carried over when it wants that itself, whatever the other side asks for', async () => {
    const mine: DeflateOptions =
      role === 'server' ? { serverNoContextTakeover: true } : { clientNoContextTakeover: true };
    await using peer = await open('', mine);
    for (let turn = 0; turn < 3; turn++) {
      send(peer.session, text('Hello'));
      expect((await peer.connection.frame()).payload).toEqual(hello);
    }
    await peer.sendCompressed(hello);
    await peer.sendCompressed(again);
    expect(await peer.hearAll(2)).toEqual(['text Hello', 'text Hello']);
  });

  it('survives what is sent uncompressed in between', async () => {
    await using peer = await open('', { threshold: 5 });
    const wire: [number, string][] = [];
    for (const message of ['Hello', 'tiny', 'Hello']) {
      send(peer.session, text(message));
      const { rsv, payload } = await peer.connection.frame();
      wire.push([rsv, payload.toString('hex')]);
    }
    expect(wire).toEqual([
      [4, hello.toString('hex')],
      [0, Buffer.from('tiny').toString('hex')],
      [4, again.toString('hex')],
    ]);
  });
});
