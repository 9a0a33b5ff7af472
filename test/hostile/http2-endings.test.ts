import { listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { openHttp2, webSocketHeaders } from '../support/http2/client.ts';
import { errorCode, frameType, type RawHttp2Frame } from '../support/http2/frame.ts';
import type { Http2Peer } from '../support/http2/peer.ts';
import { expectEcho, type Http2Guest, http2Schemes, leave, withBystander } from '../support/http2/served.ts';
import { Ledger } from '../support/ledger.ts';
import { fromClient } from '../support/raw-frame.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { listenWith } from '../support/serving.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const halfFrame = fromClient({ opcode: 2, payload: Buffer.alloc(1000) }).subarray(0, 500);
const broken = { type: 'transportError', cause: expect.any(Error) };
const ended = { type: 'error', error: 'closed' };

describe.each(http2Schemes)('ends of streams and connections over $scheme', ({ secure }) => {
  it.each<{ what: string; end: (guest: Http2Guest) => void; exit: object }>([
    { what: 'RST_STREAM', end: ({ stream }) => stream.reset(), exit: broken },
    { what: 'RST_STREAM without an error', end: ({ stream }) => stream.reset(errorCode.noError), exit: broken },
    { what: 'END_STREAM', end: ({ stream }) => stream.endStream(), exit: ended },
    {
      what: 'END_STREAM and RST_STREAM',
      end({ stream }) {
        stream.endStream();
        stream.reset();
      },
      exit: ended,
    },
  ])(
    'B16: $what in the middle of a frame ends the session once, as 1006, and its neighbours live on (RFC 8441 §5)',
    async ({ end, exit }) => {
      await withBystander({ secure }, async ({ connect, enter, ledger }) => {
        const connection = await connect();
        const neighbours = [await enter(connection), await enter(connection)];
        const guest = await enter(connection);
        guest.stream.data(halfFrame);
        end(guest);
        const exits = await ledger.exits.next();
        expect([broken, exit]).toContainEqual(exits);
        for (const neighbour of neighbours) await expectEcho(neighbour);
        for (const neighbour of neighbours) await leave(neighbour);
      });
    },
  );

  it.each<{ what: string; end: (connection: Http2Peer) => void }>([
    { what: 'GOAWAY for an error', end: (connection) => connection.goAway(errorCode.internalError) },
    { what: 'FIN', end: (connection) => connection.end() },
    { what: 'a TCP reset', end: (connection) => connection.reset() },
    { what: 'an error of the protocol', end: (connection) => connection.allow(0, 0) },
  ])(
    'B17: $what with 100 WebSockets on the connection ends every one of them once (RFC 9113 §5.4.1)',
    async ({ end }) => {
      await withBystander({ secure }, async ({ connect, enter, ledger, server }) => {
        const connection = await connect();
        const guests = [];
        for (let index = 0; index < 100; index++) guests.push(await enter(connection));
        for (const { stream } of guests.slice(50)) stream.data(halfFrame);
        await connection.ping();
        end(connection);
        expect(await ledger.exits.take(100)).toEqual(guests.map(() => broken));
        await connection.closed;
        expect(ledger.exits.length).toBe(0);
        expect(server.sessions.count).toBe(1);
      });
    },
  );

  it('B17: GOAWAY of the client lets 100 WebSockets go on to their own ends (RFC 9113 §6.8)', async () => {
    await withBystander({ secure }, async ({ connect, enter, ledger }) => {
      const connection = await connect();
      const guests = [];
      for (let index = 0; index < 100; index++) guests.push(await enter(connection));
      connection.goAway();
      for (const guest of guests) await expectEcho(guest);
      for (const guest of guests) await leave(guest);
      expect(await ledger.exits.take(100)).toEqual(guests.map(() => ({ type: 'remote', code: 1000, reason: '' })));
    });
  });

  it.each<{ what: string; frames: (guest: Http2Guest) => readonly RawHttp2Frame[] }>([
    { what: 'DATA', frames: ({ stream }) => [{ type: frameType.data, stream: stream.id, payload: 'late' }] },
    {
      what: 'WINDOW_UPDATE',
      frames: ({ stream }) => [{ type: frameType.windowUpdate, stream: stream.id, payload: Buffer.of(0, 0, 0, 1) }],
    },
  ])('B16: $what for a stream that has been reset harms nobody (RFC 9113 §5.1)', async ({ frames }) => {
    await withBystander({ secure }, async ({ connect, enter, ledger }) => {
      const connection = await connect();
      const neighbour = await enter(connection);
      const guest = await enter(connection);
      guest.stream.reset();
      connection.send(...Array.from({ length: 100 }, () => frames(guest)).flat());
      await ledger.exits.next();
      await expectEcho(neighbour);
      await leave(neighbour);
    });
  });

  it('B17: a server that stops sends GOAWAY, and close 1001 to 100 WebSockets, which end in order (RFC 9113 §6.8)', async () => {
    const ledger = new Ledger();
    const { handler } = ledger;
    await using server = await listen({ ...(await listenWith(secure)), http2: true, handler, logger: () => {} });
    using connection = await openHttp2({ port: server.port, secure });
    const streams = Array.from({ length: 100 }, () => connection.open(webSocketHeaders()));
    const guests = streams.map((stream) => ({ stream, frames: new RawPeer(stream) }));
    await ledger.sessions.take(100);
    const stopping = server.stop();
    expect(await connection.goneAway).toEqual({ code: 'noError', lastStream: 199 });
    for (const { stream, frames } of guests) {
      expect(await frames.next()).toBe('close 1001');
      frames.close(1001);
      stream.endStream();
      expect(await stream.ending).toBe('ended');
    }
    await stopping;
    await connection.closed;
    expect(server.sessions.count).toBe(0);
    ledger.expectBalanced();
  });
});
