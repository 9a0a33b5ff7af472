import { describe, expect, it } from 'vitest';
import {
  errorCode,
  frameType,
  headersFrames,
  http2Frame,
  type RawHttp2Frame,
  setting,
  settingsFrame,
  uint32,
} from '../support/http2/frame.ts';
import { headerBlock, indexed, indexedLine } from '../support/http2/hpack.ts';
import type { Http2Peer } from '../support/http2/peer.ts';
import { expectEcho, type Http2Guest, type Http2Served, leave, withBystander } from '../support/http2/served.ts';
import { MemoryMeter, peakDuring } from '../support/memory-growth.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const MiB = 2 ** 20;

/** The bytes of many frames. */
const many = (count: number, frames: (index: number) => readonly RawHttp2Frame[]): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, index) => frames(index))
      .flat()
      .map(http2Frame),
  );

type Flood = (guest: Http2Guest, served: Http2Served) => Promise<void> | void;
type Codes = readonly (keyof typeof errorCode)[];

/** A guest does what it likes to its connection: that is ended, and everything on it with it. */
async function expectEnded(flood: Flood, codes: Codes): Promise<void> {
  await withBystander({}, async (served) => {
    const guest = await served.visit();
    await flood(guest, served);
    await guest.connection.closed;
    expect(codes).toContain((await guest.connection.goneAway).code);
    expect(await guest.stream.ending).toBe('lost');
    expect(await served.ledger.exits.next()).toMatchObject({ type: 'transportError' });
  });
}

/** The same, at little cost. */
async function expectCheaplyEnded(flood: Flood, codes: Codes): Promise<void> {
  const peak = await peakDuring(() => expectEnded(flood, codes));
  expect(peak.heap + peak.external).toBeLessThan(64 * MiB);
}

/** Frames in bursts, each burst only when the one before it has been read: no queue on the other side grows. */
async function inBursts(connection: Http2Peer, bursts: number, burst: (index: number) => Buffer): Promise<void> {
  for (let index = 0; index < bursts && !connection.over; index++) {
    connection.write(burst(index));
    await connection.ping();
  }
}

describe('floods on a connection of HTTP/2', () => {
  it('B01: 10,000 requests that are reset at once end the connection (RFC 9113 §10.5)', async () => {
    await withBystander({}, async ({ visit, ask, ledger }) => {
      const { connection, stream } = await visit();
      const sessions = ledger.count;
      const request = headerBlock(ask());
      const meter = await MemoryMeter.start();
      await inBursts(connection, 100, (burst) =>
        many(100, (index) => {
          const id = stream.id + 2 + 2 * (100 * burst + index);
          return [
            ...headersFrames(id, request, false, Number.POSITIVE_INFINITY),
            { type: frameType.rstStream, stream: id, payload: uint32(errorCode.cancel) },
          ];
        }),
      );
      await connection.closed;
      expect(['internalError', 'enhanceYourCalm']).toContain((await connection.goneAway).code);
      expect(ledger.count - sessions).toBeLessThan(2000);
      const held = await meter.held();
      expect(held.heap + held.external).toBeLessThan(8 * MiB);
    });
  });

  it('B01: requests that are reset while they wait for authorize cost nothing afterwards (RFC 9113 §10.5)', async () => {
    const aborted: string[] = [];
    const authorize = (request: { readonly path: string }, signal: AbortSignal): Promise<undefined> | undefined => {
      if (request.path !== '/slow') return undefined;
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(request.path);
          reject(signal.reason);
        });
      });
    };
    await withBystander({ authorize, maxConnections: 202 }, async ({ connect, ask, ledger, enter }) => {
      const connection = await connect();
      const sessions = ledger.count;
      const streams = Array.from({ length: 200 }, () => connection.open(ask({ ':path': '/slow' })));
      await connection.ping();
      for (const stream of streams) stream.reset();
      await connection.ping();
      const guest = await enter(connection);
      await leave(guest);
      expect(aborted).toHaveLength(200);
      expect(ledger.count).toBe(sessions + 1);
    });
  });

  const empty: readonly RawHttp2Frame[] = [settingsFrame([])];
  const ping: readonly RawHttp2Frame[] = [{ type: frameType.ping, payload: '8 octets' }];

  it.each([
    { what: 'SETTINGS', frames: empty },
    { what: 'PING', frames: ping },
    {
      what: 'SETTINGS with all there is',
      frames: [settingsFrame(Array.from({ length: 32 }, () => [setting.headerTableSize, 4096]))],
    },
  ])('B02: 10,000 $what in a row end the connection (RFC 9113 §10.5)', async ({ frames }) => {
    await expectCheaplyEnded(
      ({ connection }) => connection.write(many(10_000, () => frames)),
      ['internalError', 'enhanceYourCalm'],
    );
  });

  it.each([
    { what: 'SETTINGS', frames: empty },
    { what: 'PING', frames: ping },
  ])(
    'B02: $what without end are too many as well when every answer is awaited (RFC 9113 §10.5)',
    async ({ frames }) => {
      await expectCheaplyEnded(
        ({ connection }) => inBursts(connection, 100, () => many(50, () => frames)),
        ['internalError', 'enhanceYourCalm'],
      );
    },
  );

  it('B02: one PING after the other, at the pace of a client that is alive, is no flood', async () => {
    await withBystander({}, async ({ visit }) => {
      const guest = await visit();
      for (let index = 0; index < 200; index++) await guest.connection.ping();
      await expectEcho(guest);
      await leave(guest);
    });
  });

  it.each([
    { what: 'empty', payload: Buffer.alloc(0) },
    { what: 'full', payload: headerBlock([['x-more', 'a'.repeat(16_000)]]) },
  ])(
    'B03: 10,000 $what CONTINUATION frames without an end end the connection (RFC 9113 §10.5.1)',
    async ({ payload }) => {
      await expectCheaplyEnded(
        ({ connection, stream }, { ask }) => {
          const id = stream.id + 2;
          connection.send({ type: frameType.headers, stream: id, payload: headerBlock(ask()) });
          connection.write(
            many(payload.length === 0 ? 10_000 : 500, () => [{ type: frameType.continuation, stream: id, payload }]),
          );
        },
        ['internalError', 'enhanceYourCalm'],
      );
    },
  );

  it('B03: a request cut into a few CONTINUATION frames, one of them empty, is understood (RFC 9113 §6.10)', async () => {
    await withBystander({}, async ({ connect, ask }) => {
      const connection = await connect();
      const stream = connection.reserve();
      const [first, ...more] = headersFrames(stream.id, headerBlock(ask()), false, 40);
      if (first === undefined) throw new Error('there is no first frame');
      connection.send(first, { type: frameType.continuation, stream: stream.id }, ...more);
      expect(await stream.outcome).toBe('200');
      stream.reset();
    });
  });

  it('B04: 100,000 empty DATA frames on a WebSocket end it (RFC 9113 §10.5)', async () => {
    await expectCheaplyEnded(
      ({ connection, stream }) => connection.write(many(100_000, () => [{ type: frameType.data, stream: stream.id }])),
      ['internalError', 'enhanceYourCalm'],
    );
  });

  it.each([
    { what: 'a DATA frame', frame: { type: frameType.data, stream: 1, payload: Buffer.alloc(16_385) } },
    { what: 'a HEADERS frame', frame: { type: frameType.headers, stream: 3, payload: Buffer.alloc(16_385) } },
    { what: 'a frame of a type that nobody knows', frame: { type: 0x99, payload: Buffer.alloc(16_385) } },
    { what: 'a header that announces 16 MiB', frame: { type: frameType.data, stream: 1, announced: 2 ** 24 - 1 } },
  ])('B06: $what larger than SETTINGS_MAX_FRAME_SIZE is FRAME_SIZE_ERROR (RFC 9113 §4.2)', async ({ frame }) => {
    await expectEnded(({ connection }) => connection.send(frame), ['frameSizeError']);
  });

  const bomb = Buffer.concat([
    indexedLine(['x-bomb', 'a'.repeat(4000)]),
    ...Array.from({ length: 10_000 }, () => indexed(62)),
  ]);

  it.each([
    { what: '10,000 small headers', block: headerBlock(Array.from({ length: 10_000 }, (_, i) => [`x-${i}`, '1'])) },
    { what: '40 MB of headers in 14 kB', block: bomb },
    { what: 'a header longer than maxHandshakeSize', block: headerBlock([['x-long', 'a'.repeat(20_000)]]) },
    {
      what: '100 headers longer together than maxHandshakeSize',
      block: Buffer.concat([
        indexedLine(['x-bomb', 'a'.repeat(1000)]),
        ...Array.from({ length: 100 }, () => indexed(62)),
      ]),
    },
  ])('B07: a request with $what is refused, and its neighbours are not (RFC 9113 §10.5.1)', async ({ block }) => {
    await withBystander({}, async ({ visit, ask, ledger }) => {
      const guest = await visit();
      const sessions = ledger.count;
      const { connection } = guest;
      const stream = connection.openWith(Buffer.concat([headerBlock(ask()), block]), { pieceSize: 16_384 });
      expect(await stream.outcome).toMatch(/^(431|reset enhanceYourCalm)$/);
      expect(ledger.count).toBe(sessions);
      await expectEcho(guest);
      await leave(guest);
    });
  });

  it('B07: 300 HPACK bombs, 12 GB in all, take little memory (RFC 7541 §7.3)', async () => {
    await withBystander({}, async ({ visit, ask, ledger }) => {
      const { connection } = await visit();
      const sessions = ledger.count;
      const block = Buffer.concat([headerBlock(ask()), bomb]);
      const meter = await MemoryMeter.start();
      const peak = await peakDuring(async () => {
        for (let index = 0; index < 300 && !connection.over; index++) {
          connection.openWith(block);
          if (index % 50 === 49) await connection.ping();
        }
      });
      expect(peak.heap + peak.external).toBeLessThan(64 * MiB);
      const held = await meter.held();
      expect(held.heap + held.external).toBeLessThan(8 * MiB);
      expect(ledger.count).toBe(sessions);
      connection[Symbol.dispose]();
    });
  });

  it.each([
    { what: 'one that is not in the table', block: indexed(100) },
    { what: 'one that is cut off', block: Buffer.of(0x40, 5, 1) },
    { what: 'one of 100 kB in a single string', block: headerBlock([['x-long', 'a'.repeat(100_000)]]) },
  ])('B07: a header that cannot be read, $what, is COMPRESSION_ERROR (RFC 7541 §2.3.3, §5.2)', async ({ block }) => {
    await expectEnded(({ connection }) => void connection.openWith(block, { pieceSize: 16_384 }), ['compressionError']);
  });

  it.each([
    { what: 'of a stream', flood: ({ connection, stream }: Http2Guest) => connection.allow(stream.id, 2 ** 31 - 1) },
    { what: 'of the connection', flood: ({ connection }: Http2Guest) => connection.allow(0, 2 ** 31 - 1) },
    {
      what: 'of every stream, by SETTINGS,',
      flood({ connection, stream }: Http2Guest) {
        connection.allow(stream.id, 2 ** 30);
        connection.send(settingsFrame([[setting.initialWindowSize, 2 ** 31 - 1]]));
      },
    },
  ])('B10: a window $what that grows beyond 2^31-1 is FLOW_CONTROL_ERROR (RFC 9113 §6.9.1)', async ({ flood }) => {
    await expectEnded(flood, ['flowControlError']);
  });

  it('B10: 100 connections that end so leave nothing behind', async () => {
    await withBystander({}, async ({ visit, ledger, server }) => {
      const meter = await MemoryMeter.start();
      for (let index = 0; index < 100; index++) {
        const { connection } = await visit();
        connection.allow(0, 2 ** 31 - 1);
        await connection.closed;
      }
      await ledger.exits.take(100);
      expect(server.sessions.count).toBe(1);
      const held = await meter.held();
      expect(held.heap + held.external).toBeLessThan(8 * MiB);
    });
  });
});
