import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { webSocketHeaders } from '../support/http2/client.ts';
import { frameType, http2Frame, preface, settingsFrame } from '../support/http2/frame.ts';
import { headerBlock } from '../support/http2/hpack.ts';
import { Http2Peer } from '../support/http2/peer.ts';
import { expectEcho, leave, withBystander } from '../support/http2/served.ts';
import { openRaw } from '../support/raw-client.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const settings = http2Frame(settingsFrame([]));
const halfRequest = http2Frame({ type: frameType.headers, stream: 1, payload: headerBlock(webSocketHeaders()) });

describe('clients that begin with HTTP/2 and do not go on', () => {
  it.each([
    { what: 'nothing', bytes: Buffer.alloc(0) },
    { what: 'half the preface', bytes: preface.subarray(0, 10) },
    { what: 'the preface alone', bytes: preface },
    { what: 'the preface and half of SETTINGS', bytes: Buffer.concat([preface, settings.subarray(0, 5)]) },
    { what: 'half a request', bytes: Buffer.concat([preface, settings, halfRequest]) },
  ])('A15: $what is not waited for longer than timeout (RFC 9113 §3.4)', async ({ bytes }) => {
    await withBystander({ timeout: 200 }, async ({ server, ledger }) => {
      const sessions = ledger.count;
      using client = await openRaw({ port: server.port });
      if (bytes.length > 0) await client.write(bytes);
      const begun = performance.now();
      await client.closed;
      expect(performance.now() - begun).toBeLessThan(2000);
      expect(ledger.count).toBe(sessions);
    });
  });

  it('A14: the preface byte by byte is no excuse (RFC 9113 §3.4)', async () => {
    await withBystander({ timeout: 200 }, async ({ server }) => {
      using client = await openRaw({ port: server.port });
      let over = false;
      void client.closed.then(() => {
        over = true;
      });
      const begun = performance.now();
      for (const byte of preface) {
        if (over) break;
        await client.write(Buffer.of(byte)).catch(() => {});
        await setTimeout(20);
      }
      await client.closed;
      expect(performance.now() - begun).toBeLessThan(2000);
    });
  });

  it('A16: what looks like the preface at first, and is not, is answered as HTTP/1.1 (RFC 9113 §3.4)', async () => {
    await withBystander({}, async ({ server }) => {
      for (const bytes of ['PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n', 'PRI / HTTP/1.1\r\nHost: a\r\n\r\n', 'PRX\r\n\r\n']) {
        using client = await openRaw({ port: server.port });
        await client.write(bytes);
        expect((await client.head()).startLine).toMatch(/^HTTP\/1\.1 [45]\d\d /);
        await client.closed;
      }
    });
  });

  it('the preface in pieces, with everything behind it, opens a WebSocket (RFC 9113 §3.4)', async () => {
    await withBystander({}, async ({ server, enter }) => {
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      await once(socket, 'connect');
      using connection = new Http2Peer(socket, { greets: false });
      for (const byte of preface.subarray(0, -1)) {
        connection.write(Buffer.of(byte));
        await setImmediate();
      }
      connection.greet([], preface.subarray(-1));
      await connection.ready;
      const guest = await enter(connection);
      await expectEcho(guest);
      await leave(guest);
    });
  });
});
