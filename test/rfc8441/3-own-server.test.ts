import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { listen } from 'genws';
import { acceptHttp2 } from 'genws/transports/http2';
import { describe, expect, it } from 'vitest';
import { openHttp2, webSocketHeaders } from '../support/http2/client.ts';
import { preface } from '../support/http2/frame.ts';
import { startOwnHttp2Server } from '../support/http2/own-server.ts';
import { http2Schemes, leave } from '../support/http2/served.ts';
import { Ledger } from '../support/ledger.ts';
import { openRaw } from '../support/raw-client.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { createRecording, recordReports } from '../support/recording.ts';
import { listenWith } from '../support/serving.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

describe.each(http2Schemes)("extended CONNECT on a server of one's own over $scheme", ({ secure }) => {
  it.each([
    { id: 'CW-T-78', what: 'say 0', settings: { enableConnectProtocol: false } },
    { id: 'CW-T-79', what: 'have nothing of it', settings: {} },
  ])('$id: is malformed where the settings $what, and opens nothing (RFC 8441 §3)', async ({ settings }) => {
    await using server = await startOwnHttp2Server(secure, { settings });
    const { handler, ...ledger } = createRecording();
    server.http2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      acceptHttp2(stream, headers, { handler });
    });
    using connection = await openHttp2({ port: server.port, secure });
    expect(await connection.open(webSocketHeaders()).outcome).toBe('reset protocolError');
    await connection.ping();
    expect(ledger.requests.length).toBe(0);
  });

  it('CW-T-92: is answered where they say 1, whatever the client says, and streams of others are not touched (RFC 8441 §3)', async () => {
    await using server = await startOwnHttp2Server(secure, { settings: { enableConnectProtocol: true } });
    const ledger = new Ledger();
    const { handler } = ledger;
    const { logger } = recordReports();
    const listener = (
      stream: ServerHttp2Stream,
      headers: IncomingHttpHeaders,
      _flags: number,
      raw: readonly string[],
    ): void => {
      stream.on('error', () => {});
      if (headers[':path'] === '/chat') acceptHttp2(stream, raw, { handler, logger });
      else stream.respond({ ':status': 418 }, { endStream: true });
    };
    server.http2.on('stream', listener);
    using connection = await openHttp2({ port: server.port, secure });
    const stream = connection.open(webSocketHeaders({ ':path': '/chat' }));
    expect(await stream.outcome).toBe('200');
    expect(await connection.open(webSocketHeaders({ ':path': '/other' })).outcome).toBe('418');
    expect(await connection.open(webSocketHeaders({ ':path': '/chat', ':protocol': 'mqtt' })).outcome).toBe('501');
    const frames = new RawPeer(stream);
    frames.text('Hello');
    expect(await frames.next()).toBe('text Hello');
    await leave({ stream, frames });
    await ledger.exits.next();
    ledger.expectBalanced();
  });

  it('CW-T-79: a server of sessions does not speak HTTP/2 unless it is told to', async () => {
    const { handler, requests } = createRecording();
    const { logger } = recordReports();
    await using server = await listen({ ...(await listenWith(secure)), handler, logger });
    using client = await openRaw({ port: server.port, secure });
    await client.write(Buffer.concat([preface, Buffer.from('0000000400000000000000', 'hex')]));
    expect((await client.head()).startLine).toMatch(/^HTTP\/1\.1 (400|505) /);
    await client.closed;
    expect(requests.length).toBe(0);
  });
});
