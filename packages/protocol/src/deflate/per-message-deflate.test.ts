import { Buffer } from 'node:buffer';
import { deflateRawSync, constants as zlib } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { binary, type CompressedFrame, text } from '../frame.ts';
import type { Encodable } from '../frame-encoder.ts';
import { plain } from '../plain.fixture.ts';
import { received } from '../received-message.ts';
import { violations } from '../violation.ts';
import type { DeflateAgreement, DeflateDirection } from './negotiation.ts';
import type { DeflateOptions } from './options.ts';
import { type Inflated, PerMessageDeflate } from './per-message-deflate.ts';

const TAKEOVER: DeflateDirection = { contextTakeover: true, windowBits: 15 };
const BOTH: DeflateAgreement = { server: TAKEOVER, client: TAKEOVER };
const KIB = 1024;
const MIB = 1024 * KIB;
const LIMITS = { maxMessage: MIB, validateUtf8: true };
const NEVER = Number.POSITIVE_INFINITY;

const compressed = (kind: 'text' | 'binary', data: string | Uint8Array): CompressedFrame => ({
  type: 'compressed',
  kind,
  data: deflateRawSync(data, { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4),
});
const server = (options?: DeflateOptions): PerMessageDeflate => new PerMessageDeflate(BOTH, 'server', options);

function asCompressed(frame: Encodable | Promise<Encodable | undefined>): CompressedFrame {
  if (frame instanceof Promise || frame.type !== 'compressed') throw new Error('not compressed at once');
  return frame;
}
const shown = (inflated: Inflated | Promise<Inflated | undefined>): unknown => {
  if (inflated instanceof Promise) return 'later';
  return inflated.type === 'violation' ? inflated.code : inflated.data;
};

/** On the calling thread, and in the thread pool. */
const bothWays = [
  ['at once', NEVER],
  ['in the thread pool', 0],
] as const;

describe('a conversation with permessage-deflate', () => {
  it.each(bothWays)(
    'is what was said, in both directions of different parameters, %s (RFC 7692 §7)',
    async (_, offload) => {
      const agreed: DeflateAgreement = {
        server: { contextTakeover: true, windowBits: 10 },
        client: { contextTakeover: false, windowBits: 15 },
      };
      const here = new PerMessageDeflate(agreed, 'server', { threshold: 0, offload });
      const there = new PerMessageDeflate(agreed, 'client', { threshold: 0, offload });
      const far = Buffer.from(Array.from({ length: 3000 }, (_item, i) => (i * 7919) >> 4));
      for (const [from, to] of [
        [here, there],
        [there, here],
      ] as const) {
        for (const data of [far, far, Buffer.from('Hello'), Buffer.from('Hello'), Buffer.alloc(0), Buffer.of(7)]) {
          const sent = await from.deflate(binary(data));
          if (sent?.type !== 'compressed') throw new Error('not compressed');
          expect(sent.kind).toBe('binary');
          expect(plain(await to.inflate(sent, LIMITS))).toEqual(binary(data));
        }
      }
      expect(here.bytesHeld).toBe(KIB);
      expect(there.bytesHeld).toBe(KIB);
    },
  );

  it('costs nothing before the first message of a direction', () => {
    const connection = server({ threshold: 1 });
    expect(connection.bytesHeld).toBe(0);
    connection.deflate(text('x'.repeat(300)));
    expect(connection.bytesHeld).toBe(300);
    connection.inflate(compressed('text', 'x'.repeat(300)), LIMITS);
    expect(connection.bytesHeld).toBe(600);
  });

  it('goes on after memory has been given back', () => {
    const [here, there] = [server({ threshold: 0 }), new PerMessageDeflate(BOTH, 'client')];
    const say = (words: string): unknown => shown(there.inflate(asCompressed(here.deflate(text(words))), LIMITS));
    for (const words of ['Hello', 'Hello', 'Hello again']) {
      expect(say(words)).toBe(words);
      here.release();
      there.release();
      expect(here.bytesHeld).toBe(0);
    }
    expect(there.bytesHeld).toBe(21);
  });

  it('throws a RangeError for options out of range', () => {
    expect(() => server({ offload: -1 })).toThrow(RangeError);
    expect(() => server({ maxRatio: 0 })).toThrow(RangeError);
  });
});

describe('messages to send', () => {
  it('D12 go as they are below the threshold, and leave the context alone (RFC 7692 §6.1)', () => {
    const connection = server({ threshold: 10 });
    const frames = [text('123456789'), text('äöüß'), binary(Buffer.alloc(9)), received('text', Buffer.from('äöüß'))];
    for (const frame of frames) expect(connection.deflate(frame)).toBe(frame);
    expect(connection.bytesHeld).toBe(0);
  });

  it('are compressed from the threshold on, counted in bytes of UTF-8', () => {
    const frames = [
      text('1234567890'),
      text('äöüßé'),
      binary(Buffer.alloc(10)),
      received('text', Buffer.from('äöüßé')),
    ];
    for (const frame of frames) {
      const sent = asCompressed(server({ threshold: 10 }).deflate(frame));
      expect(sent.kind).toBe(frame.type);
      const back = server().inflate(sent, LIMITS);
      expect(back).toMatchObject({
        type: frame.type,
        data: Buffer.isBuffer(frame.data) ? frame.data : String(frame.data),
      });
    }
  });

  it('D12 are compressed even when empty if there is no threshold, and read back (RFC 7692 §7.2.3.6)', () => {
    const empty = asCompressed(server({ threshold: 0 }).deflate(text('')));
    expect(empty).toEqual({ type: 'compressed', kind: 'text', data: Buffer.of(0) });
    expect(shown(server().inflate(empty, LIMITS))).toBe('');
    expect(shown(server().inflate({ ...empty, data: Buffer.alloc(0) }, LIMITS))).toBe('');
  });

  it('take the bytes of a received text as they are', () => {
    const message = received('text', Buffer.from('echo '.repeat(300)));
    const sent = asCompressed(server().deflate(message));
    expect(shown(server().inflate(sent, LIMITS))).toBe(message.data);
  });

  it('are compressed in the thread pool from `offload` bytes on', async () => {
    const connection = server({ offload: 2000 });
    expect(connection.deflate(binary(Buffer.alloc(1999)))).toMatchObject({ type: 'compressed' });
    const later = connection.deflate(binary(Buffer.alloc(2000)));
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toMatchObject({ type: 'compressed', kind: 'binary' });
  });
});

describe('received messages', () => {
  it('are inflated in the thread pool from twice `offload` compressed bytes on', async () => {
    const noise = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i * 7919) >> 7));
    const frame = compressed('binary', noise);
    const { length } = frame.data;
    expect(plain(server({ offload: (length + 1) / 2 }).inflate(frame, LIMITS))).toEqual(binary(noise));
    const later = server({ offload: length / 2 }).inflate(frame, LIMITS);
    expect(later).toBeInstanceOf(Promise);
    expect(plain(await later)).toEqual(binary(noise));
  });

  it('are inflated there too if they turn out to be large, and the context is right afterwards', async () => {
    const [here, there] = [
      server({ threshold: 0, offload: NEVER }),
      new PerMessageDeflate(BOTH, 'client', { offload: KIB }),
    ];
    const pass = (data: Buffer) => there.inflate(asCompressed(here.deflate(binary(data))), LIMITS);
    expect(plain(pass(Buffer.from('Hello')))).toEqual(binary(Buffer.from('Hello')));
    expect(plain(pass(Buffer.alloc(16 * KIB, 'Hello')))).toEqual(binary(Buffer.alloc(16 * KIB, 'Hello')));
    const large = Buffer.alloc(16 * KIB + 1, 'Hello');
    const later = pass(large);
    expect(later).toBeInstanceOf(Promise);
    expect(plain(await later)).toEqual(binary(large));
    expect(plain(pass(Buffer.from('Hello')))).toEqual(binary(Buffer.from('Hello')));
  });

  it.each(bothWays)('D04 D05 that do not inflate are badDeflate, 1007, %s (RFC 7692 §7.2.2)', async (_, offload) => {
    const payloads = [
      Buffer.of(7),
      compressed('text', 'cut short').data.subarray(0, 4),
      Buffer.from('f200110000', 'hex'),
    ];
    for (const data of payloads) {
      const found = await server({ offload }).inflate({ type: 'compressed', kind: 'text', data }, LIMITS);
      expect(found).toEqual({ type: 'violation', code: 'badDeflate' });
    }
    expect(violations.badDeflate.closeCode).toBe(1007);
  });

  it.each(bothWays)(
    'are text only if they are UTF-8, unless that is not asked for, %s (RFC 6455 §8.1)',
    async (_, offload) => {
      const bad = Buffer.from('e282', 'hex');
      const inflate = (kind: 'text' | 'binary', validateUtf8: boolean) =>
        server({ offload }).inflate(compressed(kind, bad), { maxMessage: MIB, validateUtf8 });
      expect(await inflate('text', true)).toEqual({ type: 'violation', code: 'invalidUtf8' });
      expect(await inflate('text', false)).toMatchObject({ type: 'text', bytes: bad });
      expect(plain(await inflate('binary', true))).toEqual(binary(bad));
    },
  );
});

describe('bounds on what a compressed message may become', () => {
  const zeros = (size: number): CompressedFrame => compressed('binary', Buffer.alloc(size));
  const bomb = zeros(40 * MIB);
  const ways = [...bothWays, ['first at once and then in the thread pool', 30 * KIB]] as const;

  it.each(ways)('D02 a bomb is messageTooBig, 1009, exact to the byte, %s (RFC 6455 §10.4)', async (_, offload) => {
    const maxMessage = 2 * MIB;
    const inflate = (frame: CompressedFrame) => server({ offload }).inflate(frame, { maxMessage, validateUtf8: true });
    expect(plain(await inflate(zeros(maxMessage)))).toEqual(binary(Buffer.alloc(maxMessage)));
    const refused = { type: 'violation', code: 'messageTooBig', detail: '> 2097152' };
    expect(await inflate(zeros(maxMessage + 1))).toEqual(refused);
    const before = process.memoryUsage().arrayBuffers;
    expect(await inflate(bomb)).toEqual(refused);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * maxMessage);
    expect(violations.messageTooBig.closeCode).toBe(1009);
  });

  it.each(ways)(
    'D03 more than `maxRatio` bytes for each byte is inflateRatio, 1009, exact to the byte, %s',
    async (_, offload) => {
      const frame = zeros(200_000);
      const exact = 200_000 / frame.data.length;
      const inflate = (maxRatio: number) => server({ offload, maxRatio }).inflate(frame, LIMITS);
      expect(plain(await inflate(exact))).toEqual(binary(Buffer.alloc(200_000)));
      const less = (200_000 - 0.5) / frame.data.length;
      expect(await inflate(less)).toEqual({ type: 'violation', code: 'inflateRatio', detail: `> ${less}:1` });
      expect(violations.inflateRatio.closeCode).toBe(1009);
    },
  );

  it('D03 a bomb costs no more memory than the ratio allows', () => {
    const connection = server({ offload: NEVER, maxRatio: 20 });
    const before = process.memoryUsage().arrayBuffers;
    expect(shown(connection.inflate(bomb, { maxMessage: 100 * MIB, validateUtf8: true }))).toBe('inflateRatio');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * MIB);
  });

  it('D03 up to 64 KiB no ratio is held against a message', () => {
    const connection = server({ maxRatio: 1 });
    expect(plain(connection.inflate(zeros(64 * KIB), LIMITS))).toEqual(binary(Buffer.alloc(64 * KIB)));
    expect(connection.inflate({ type: 'compressed', kind: 'text', data: Buffer.alloc(0) }, LIMITS)).toMatchObject({
      data: '',
    });
    expect(shown(connection.inflate(zeros(64 * KIB + 1), LIMITS))).toBe('inflateRatio');
  });

  it('the smaller of both bounds names the violation', () => {
    const inflate = (maxMessage: number) =>
      shown(server({ maxRatio: 100, offload: NEVER }).inflate(zeros(MIB), { maxMessage, validateUtf8: true }));
    expect(inflate(50_000)).toBe('messageTooBig');
    expect(inflate(500_000)).toBe('inflateRatio');
  });

  it('may all be infinite, whatever the numbers', () => {
    const limits = { maxMessage: NEVER, validateUtf8: true };
    for (const options of [
      {},
      { maxRatio: 1e300 },
      { offload: Number.MAX_SAFE_INTEGER },
      { maxRatio: 2.5, offload: 0.3 },
    ]) {
      const inflated = server(options).inflate(compressed('text', 'Hello'), limits);
      if (!(inflated instanceof Promise)) expect(inflated).toMatchObject({ data: 'Hello' });
    }
  });
});

describe('a connection that ends', () => {
  it('D10 settles what is in the thread pool with undefined, and lets its memory go', async () => {
    const connection = server({ threshold: 0, offload: 1000 });
    connection.deflate(text('Hello'));
    connection.inflate(compressed('text', 'Hello'), LIMITS);
    const sending = connection.deflate(binary(Buffer.alloc(MIB)));
    const receiving = connection.inflate(compressed('binary', Buffer.alloc(MIB)), LIMITS);
    connection.end();
    expect(await Promise.all([sending, receiving])).toEqual([undefined, undefined]);
    expect(connection.bytesHeld).toBe(0);
  });

  it('D10 begins nothing in the thread pool afterwards', async () => {
    const connection = server({ threshold: 0, offload: 0 });
    connection.end();
    expect(await connection.deflate(text('Hello'))).toBeUndefined();
    expect(await connection.inflate(compressed('text', 'Hello'), LIMITS)).toBeUndefined();
  });

  it('D10 10,000 times while both directions are at work', async () => {
    // Of many chunks each, so that none can be done after one turn of the event loop.
    const data = Buffer.alloc(400_000);
    const frame = compressed('binary', Buffer.alloc(20 * MIB));
    const limits = { maxMessage: 20 * MIB, validateUtf8: true };
    for (let round = 0; round < 10_000; round += 50) {
      const connections = Array.from({ length: 50 }, () => server({ level: 0, offload: 100 }));
      const all = connections.flatMap((each) => [each.deflate(binary(data)), each.inflate(frame, limits)]);
      if (round % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      for (const each of connections) each.end();
      expect(await Promise.all(all)).toEqual(all.map(() => undefined));
    }
  });
});
