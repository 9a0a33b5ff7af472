import { describe, expect, it } from 'vitest';
import { frameFlag, frameType, headersFrames } from '../support/http2/frame.ts';
import { headerBlock } from '../support/http2/hpack.ts';
import { http2Schemes, leave, withBystander } from '../support/http2/served.ts';
import { fromClient } from '../support/raw-frame.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

describe.each(http2Schemes)('a WebSocket on a stream of $scheme', ({ secure }) => {
  it('CW-T-92: is answered 200, and echoes a masked message in DATA (RFC 8441 §5, §5.1)', async () => {
    await withBystander({ secure }, async ({ connect, enter, ledger }) => {
      const connection = await connect();
      const guest = await enter(connection);
      guest.stream.data(Buffer.from('818537fa213d7f9f4d5158', 'hex'));
      const { opcode, fin, rsv, masked, payload } = await guest.frames.frame();
      expect({ opcode, fin, rsv, masked, payload: payload.toString() }).toEqual({
        ...{ opcode: 1, fin: true, rsv: 0, masked: false },
        payload: 'Hello',
      });
      await leave(guest);
      expect(await ledger.exits.next()).toEqual({ type: 'remote', code: 1000, reason: '' });
    });
  });

  it('the answer has neither Sec-WebSocket-Accept nor connection headers; a key is not looked at (RFC 8441 §5)', async () => {
    await withBystander({ secure }, async ({ connect, enter, ask }) => {
      const connection = await connect();
      const guest = await enter(connection, { 'sec-websocket-key': 'no key at all', ':path': '/chat?room=1' });
      const headers = await guest.stream.headers;
      for (const name of ['sec-websocket-accept', 'connection', 'upgrade']) expect(headers.has(name)).toBe(false);
      expect(guest.session.request).toMatchObject({ method: 'CONNECT', path: '/chat?room=1', httpVersion: '2.0' });
      expect(guest.session.request.host).toBe('server.example.com');
      await leave(guest);
      expect(ask().map(([name]) => name)).not.toContain('sec-websocket-key');
    });
  });

  it('Origin and subprotocol are used as over HTTP/1.1 (RFC 8441 §5)', async () => {
    await withBystander(
      { secure, subprotocols: ['chat', 'superchat'], asks: { 'sec-websocket-protocol': 'chat' } },
      async ({ connect, ask, ledger, enter }) => {
        const connection = await connect();
        const guest = await enter(connection, {
          origin: 'https://page.example',
          'sec-websocket-protocol': 'superchat, chat',
        });
        expect((await guest.stream.headers).get('sec-websocket-protocol')).toBe('superchat');
        expect(guest.session.request).toMatchObject({ origin: 'https://page.example', subprotocol: 'superchat' });
        const sessions = ledger.count;
        expect(await connection.open(ask({ 'sec-websocket-protocol': 'mqtt' })).outcome).toBe('400');
        expect(ledger.count).toBe(sessions);
        await leave(guest);
      },
    );
  });

  it('a request for several extensions and versions in several lines is understood as over HTTP/1.1 (RFC 8441 §5)', async () => {
    await withBystander({ secure }, async ({ connect, enter, ask }) => {
      const connection = await connect();
      const guest = await enter(connection, { 'sec-websocket-extensions': ['foo; bar=1', 'permessage-deflate'] });
      expect((await guest.stream.headers).has('sec-websocket-extensions')).toBe(false);
      await leave(guest);
      const repeated = connection.open(ask({ 'sec-websocket-version': ['13', '13'] }));
      expect(await repeated.outcome).toBe('400');
    });
  });

  it('frames that come with the request are the first to be handled, in order, once (RFC 8441 §5)', async () => {
    await withBystander({ secure }, async ({ connect, ask, ledger }) => {
      const connection = await connect();
      const stream = connection.reserve();
      const first = fromClient({ opcode: 1, payload: 'first' });
      const second = fromClient({ opcode: 2, payload: Buffer.of(0, 255) });
      connection.send(...headersFrames(stream.id, headerBlock(ask()), false, Number.POSITIVE_INFINITY), {
        ...{ type: frameType.data, flags: 0, stream: stream.id, payload: Buffer.concat([first, second]) },
      });
      expect(await stream.outcome).toBe('200');
      const frames = new RawPeer(stream);
      expect(await frames.take(2)).toEqual(['text first', 'binary 00ff']);
      expect(await ledger.frames.take(2)).toEqual(['text first', 'binary 00ff']);
      expect(ledger.frames.length).toBe(0);
      await leave({ stream, frames });
    });
  });

  it('a frame may be cut anywhere by DATA frames, padding and all (RFC 9113 §6.1)', async () => {
    await withBystander({ secure }, async ({ visit }) => {
      const { connection, stream, frames } = await visit();
      for (const byte of fromClient({ opcode: 1, payload: 'cut into bytes' })) {
        const payload = Buffer.of(3, byte, 0, 0, 0);
        connection.send({ type: frameType.data, flags: frameFlag.padded, stream: stream.id, payload });
      }
      expect(await frames.next()).toBe('text cut into bytes');
      await leave({ stream, frames });
    });
  });

  it('nobody is ever offered more than the window says, and gets all of a long message (RFC 9113 §6.9)', async () => {
    await withBystander({ secure, http2: { streamWindow: 65_535, connectionWindow: 65_535 } }, async ({ visit }) => {
      const { connection, stream, frames } = await visit();
      expect([stream.sendWindow, connection.sendWindow]).toEqual([65_535, 65_535]);
      const long = Buffer.alloc(300_000, 'long ');
      await stream.pour(fromClient({ opcode: 1, payload: long }));
      const { payload } = await frames.frame();
      expect(payload.equals(long)).toBe(true);
      await leave({ stream, frames });
    });
  });
});
