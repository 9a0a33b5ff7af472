import { connect, type DeflateOptions } from 'genws';
import { describe, expect, it } from 'vitest';
import { Compressor, Decompressor } from '../support/deflate-stream.ts';
import { http2Schemes, leave, withBystander } from '../support/http2/served.ts';
import { startFakeHttp2Server } from '../support/http2/server.ts';
import { Ledger } from '../support/ledger.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

/** Compress everything, however short. */
const compress: DeflateOptions = { threshold: 0 };
const words = 'again and again and again and again';

describe.each(http2Schemes)('permessage-deflate over $scheme', ({ secure }) => {
  it('EW-BUG-16: a server agrees on it in its answer, and both directions are compressed (RFC 8441 §5, RFC 7692 §7)', async () => {
    await withBystander({ secure, compress }, async ({ connect, enter }) => {
      const guest = await enter(await connect(), { 'sec-websocket-extensions': 'permessage-deflate' });
      expect((await guest.stream.headers).get('sec-websocket-extensions')).toMatch(/^permessage-deflate(;|$)/);
      expect(guest.session.request.compression).toBeDefined();
      using compressor = new Compressor();
      using decompressor = new Decompressor();
      for (let round = 0; round < 3; round++) {
        guest.frames.send({ opcode: 1, rsv: 4, payload: await compressor.compress(words) });
        const { rsv, payload } = await guest.frames.frame();
        expect(rsv).toBe(4);
        expect(payload.length).toBeLessThan(words.length);
        expect((await decompressor.decompress(payload)).toString()).toBe(words);
      }
      await leave(guest);
    });
  });

  it('EW-BUG-16: parameters are negotiated as over HTTP/1.1; what cannot be is declined (RFC 7692 §5.1)', async () => {
    await withBystander({ secure, compress }, async ({ connect, enter }) => {
      const connection = await connect();
      const agreed = async (...offers: readonly string[]): Promise<string | undefined> => {
        const guest = await enter(connection, { 'sec-websocket-extensions': offers });
        await leave(guest);
        return (await guest.stream.headers).get('sec-websocket-extensions');
      };
      expect(await agreed('permessage-deflate; server_no_context_takeover')).toContain('server_no_context_takeover');
      expect(await agreed('permessage-deflate; server_max_window_bits=10')).toContain('server_max_window_bits=10');
      expect(await agreed('permessage-deflate; server_max_window_bits=7', 'permessage-deflate')).toMatch(
        /^permessage-deflate(;|$)/,
      );
      expect(await agreed('permessage-deflate; nonsense')).toBeUndefined();
      expect(await agreed('x-unknown')).toBeUndefined();
    });
  });

  it('a server that was not told to compress agrees on nothing (RFC 6455 §9.1)', async () => {
    await withBystander({ secure }, async ({ connect, enter }) => {
      const guest = await enter(await connect(), { 'sec-websocket-extensions': 'permessage-deflate' });
      expect((await guest.stream.headers).has('sec-websocket-extensions')).toBe(false);
      await leave(guest);
    });
  });

  it('EW-BUG-16: a client offers it, and both directions are compressed (RFC 8441 §5, RFC 7692 §7)', async () => {
    await using server = await startFakeHttp2Server({ secure });
    const { handler, exits } = new Ledger();
    const connecting = connect(server.url, { http2: true, tls: { rejectUnauthorized: false }, compress, handler });
    const connection = await server.connections.next();
    const stream = await connection.incoming.next();
    expect((await stream.headers).get('sec-websocket-extensions')).toMatch(/^permessage-deflate(;|$)/);
    stream.respond([
      [':status', '200'],
      ['sec-websocket-extensions', 'permessage-deflate'],
    ]);
    const session = await connecting;
    expect(session.request.compression).toBeDefined();
    const frames = new RawPeer(stream, { role: 'server' });
    using compressor = new Compressor();
    using decompressor = new Decompressor();
    frames.send({ opcode: 1, rsv: 4, payload: await compressor.compress(words) });
    const { rsv, masked, payload } = await frames.frame();
    expect([rsv, masked]).toEqual([4, true]);
    expect((await decompressor.decompress(payload)).toString()).toBe(words);
    frames.close(1000);
    expect(await frames.next()).toBe('close 1000');
    stream.endStream();
    expect(await exits.next()).toEqual({ type: 'remote', code: 1000, reason: '' });
    await connection.closed;
  });

  it('EW-BUG-16: a client refuses an answer that it did not offer (RFC 7692 §7.1)', async () => {
    await using server = await startFakeHttp2Server({ secure });
    const { handler } = new Ledger();
    const options = { http2: true, tls: { rejectUnauthorized: false }, compress, handler };
    const connecting = connect(server.url, options);
    connecting.catch(() => {});
    const connection = await server.connections.next();
    const stream = await connection.incoming.next();
    stream.respond([
      [':status', '200'],
      ['sec-websocket-extensions', 'permessage-deflate; server_max_window_bits=16'],
    ]);
    await expect(connecting).rejects.toMatchObject({ name: 'ConnectError', retriable: false });
    await connection.closed;
  });
});
