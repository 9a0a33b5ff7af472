import { close, type SessionExit, stop } from 'genws';
import { describe, expect, it } from 'vitest';
import { errorCode } from '../support/http2/frame.ts';
import { expectEcho, type Http2Guest, http2Schemes, leave, withBystander } from '../support/http2/served.ts';
import { fromClient } from '../support/raw-frame.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const closing = fromClient({ opcode: 8, payload: Buffer.from('\u0003\u00e8bye', 'latin1') });
const ended: SessionExit = { type: 'error', error: 'closed' };
const broken = { type: 'transportError', cause: expect.any(Error) };

describe.each(http2Schemes)('the end of a WebSocket on a stream of $scheme', ({ secure }) => {
  it("a client's close frame is answered, and the server ends the stream after it with END_STREAM (RFC 8441 §5)", async () => {
    await withBystander({ secure }, async ({ visit, ledger }) => {
      const guest = await visit();
      guest.stream.data(closing);
      expect(await guest.frames.next()).toBe('close 1000');
      expect(await guest.stream.ending).toBe('ended');
      guest.stream.endStream();
      expect(await ledger.exits.next()).toEqual({ type: 'remote', code: 1000, reason: 'bye' });
    });
  });

  it("a client's close frame with END_STREAM is answered in the same way (RFC 8441 §5)", async () => {
    await withBystander({ secure }, async ({ visit, ledger }) => {
      const guest = await visit();
      guest.stream.data(closing, { endStream: true });
      expect(await guest.frames.rest()).toEqual(['close 1000']);
      expect(await guest.stream.ending).toBe('ended');
      expect(await ledger.exits.next()).toEqual({ type: 'remote', code: 1000, reason: 'bye' });
    });
  });

  it("the server's close frame comes first; with the client's answer the stream ends by END_STREAM (RFC 8441 §5)", async () => {
    await withBystander({ secure }, async ({ visit, ledger }) => {
      const guest = await visit();
      close(guest.session, 4000, 'enough');
      expect(await guest.frames.next()).toBe('close 4000 enough');
      expect(guest.stream.over).toBe(false);
      guest.frames.close(4000);
      expect(await guest.stream.ending).toBe('ended');
      guest.stream.endStream();
      expect(await ledger.exits.next()).toEqual({ type: 'normal' });
    });
  });

  it("the server's close frame that is answered with END_STREAM in the same frame is enough (RFC 8441 §5)", async () => {
    await withBystander({ secure }, async ({ visit, ledger }) => {
      const guest = await visit();
      close(guest.session, 1001);
      expect(await guest.frames.next()).toBe('close 1001');
      guest.stream.data(fromClient({ opcode: 8, payload: Buffer.of(3, 0xe9) }), { endStream: true });
      expect(await guest.stream.ending).toBe('ended');
      expect(await ledger.exits.next()).toEqual({ type: 'normal' });
    });
  });

  it.each([
    { what: 'a message', bytes: fromClient({ opcode: 1, payload: 'last' }), handled: ['text last'] },
    { what: 'a ping', bytes: fromClient({ opcode: 9, payload: 'last' }), handled: ['ping 6c617374'] },
    { what: 'half a frame', bytes: fromClient({ opcode: 1, payload: 'last' }).subarray(0, 5), handled: [] },
    { what: 'a part of a message', bytes: fromClient({ opcode: 1, fin: false, payload: 'last' }), handled: [] },
    { what: 'nothing', bytes: Buffer.alloc(0), handled: [] },
  ])('END_STREAM with $what is an end without a close frame: 1006 (RFC 8441 §5, RFC 6455 §7.1.5)', async (row) => {
    await withBystander({ secure }, async ({ connect, enter, ledger }) => {
      const connection = await connect();
      const neighbour = await enter(connection);
      const guest = await enter(connection);
      guest.stream.data(row.bytes, { endStream: true });
      expect(await guest.stream.ending).toBe('ended');
      expect(await ledger.exits.next()).toEqual(ended);
      expect(await ledger.frames.take(row.handled.length)).toEqual(row.handled);
      expect(ledger.frames.length).toBe(0);
      await expectEcho(neighbour);
      await leave(neighbour);
    });
  });

  it('trailers with END_STREAM are an end without a close frame (RFC 9113 §8.1)', async () => {
    await withBystander({ secure }, async ({ visit, ledger }) => {
      const guest = await visit();
      guest.stream.respond([['x-trailer', '1']], { endStream: true });
      expect(await guest.stream.ending).toBe('ended');
      expect(await ledger.exits.next()).toEqual(ended);
    });
  });

  it('END_STREAM in the request itself ends the WebSocket that it opens (RFC 8441 §5)', async () => {
    await withBystander({ secure }, async ({ connect, ask, ledger }) => {
      const connection = await connect();
      const sessions = ledger.count;
      const stream = connection.open(ask(), { endStream: true });
      await stream.ending;
      if (ledger.count > sessions) expect(await ledger.exits.next()).toEqual(ended);
    });
  });

  it.each(['cancel', 'noError', 'internalError', 'protocolError'] as const)(
    'RST_STREAM with %s breaks the WebSocket, in the middle of a frame too, and no other (RFC 8441 §5)',
    async (code) => {
      await withBystander({ secure }, async ({ connect, enter, ledger }) => {
        const connection = await connect();
        const neighbour = await enter(connection);
        const guest = await enter(connection);
        guest.stream.data(fromClient({ opcode: 1, payload: 'never whole' }).subarray(0, 9));
        guest.stream.reset(errorCode[code]);
        expect(await ledger.exits.next()).toEqual(broken);
        await expectEcho(neighbour);
        await leave(neighbour);
      });
    },
  );

  const ways: readonly { readonly how: string; readonly end: (guest: Http2Guest) => void }[] = [
    { how: 'with FIN', end: ({ connection }) => connection.end() },
    { how: 'with a TCP reset', end: ({ connection }) => connection.reset() },
    {
      how: 'with GOAWAY and FIN',
      end({ connection }) {
        connection.goAway();
        connection.end();
      },
    },
    { how: 'with GOAWAY for an error', end: ({ connection }) => connection.goAway(errorCode.internalError) },
  ];

  it.each(ways)(
    'a client that closes the connection $how breaks every WebSocket on it, once (RFC 9113 §5.4.1)',
    async (way) => {
      await withBystander({ secure }, async ({ connect, enter, ledger }) => {
        const connection = await connect();
        await enter(connection);
        const guest = await enter(connection);
        guest.frames.text('before');
        expect(await guest.frames.next()).toBe('text before');
        way.end(guest);
        expect(await ledger.exits.take(2)).toEqual([broken, broken]);
        await connection.closed;
      });
    },
  );

  it('GOAWAY without an error leaves the WebSockets that are there alone (RFC 9113 §6.8)', async () => {
    await withBystander({ secure }, async ({ visit }) => {
      const guest = await visit();
      guest.connection.goAway();
      await expectEcho(guest);
      await leave(guest);
    });
  });

  it('an end without the closing handshake is RST_STREAM with CANCEL, and not END_STREAM (RFC 8441 §5)', async () => {
    await withBystander({ secure }, async ({ visit, ledger }) => {
      const killed = await visit();
      killed.session.stop();
      expect(await killed.stream.ending).toBe('reset cancel');
      expect((await ledger.exits.next()).type).toBe('killed');
    });
  });

  it('a client that does not answer the close frame of a server that is done meets RST_STREAM with CANCEL (RFC 6455 §7.1.7, RFC 8441 §5)', async () => {
    await withBystander({ secure, closeTimeout: 20 }, async ({ visit, ledger }) => {
      const guest = await visit();
      stop(guest.session, 'time to go');
      expect(await guest.frames.next()).toBe('close 1001');
      expect(await guest.stream.ending).toBe('ended');
      expect(await guest.stream.broken).toBe('cancel');
      expect(await ledger.exits.next()).toMatchObject({ type: 'shutdown', reason: 'time to go' });
    });
  });

  it('a client that does not answer the close frame in time meets RST_STREAM with CANCEL, and not END_STREAM (RFC 8441 §5)', async () => {
    await withBystander({ secure, closeTimeout: 20 }, async ({ visit, ledger }) => {
      const guest = await visit();
      close(guest.session, 4000);
      expect(await guest.frames.next()).toBe('close 4000');
      expect(await guest.stream.ending).toBe('reset cancel');
      expect(await ledger.exits.next()).toEqual({ type: 'timeout', timeout: 'close' });
    });
  });

  it('a frame that breaks the protocol is answered with 1002, and the stream ends (RFC 6455 §5.1, §7.1.7)', async () => {
    await withBystander({ secure }, async ({ connect, enter, ledger }) => {
      const connection = await connect();
      const neighbour = await enter(connection);
      const guest = await enter(connection);
      guest.stream.data(Buffer.from('810548656c6c6f', 'hex'));
      expect(await guest.frames.next()).toMatch(/^close 1002/);
      guest.stream.endStream();
      await guest.stream.ending;
      expect(await ledger.exits.next()).toMatchObject({ type: 'error', error: 'badFrame' });
      await expectEcho(neighbour);
      await leave(neighbour);
    });
  });
});
