import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2Stream,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { streamPeer, type TransportPair } from '@genws/session/testing';
import { Http2Transport } from 'genws/transports/http2';
import { certificate } from '../support/certificate.ts';
import type { NearSide } from './socket-pairs.ts';

/**
 * How the peer breaks the connection: it resets the stream, because of an error or of its own accord (RFC 9113 §7,
 * INTERNAL_ERROR and CANCEL), or the TCP connection that carries all streams.
 */
export type Http2Break = 'error' | 'cancel' | 'connection';

const settings = { enableConnectProtocol: true };

/** An HTTP/2 transport over cleartext, with prior knowledge (RFC 9113 §3.3). */
export async function h2cPair(side: NearSide, breaks: Http2Break): Promise<TransportPair> {
  const server = createServer({ settings });
  const { connected, accepted } = await openConnection(server);
  const session = connect('http://localhost', { createConnection: () => connected });
  return openStream(server, session, side, breaks, side === 'server' ? connected : accepted);
}

/** An HTTP/2 transport over TLS. */
export async function h2Pair(side: NearSide, breaks: Http2Break): Promise<TransportPair> {
  const { key, cert } = await certificate();
  const server = createSecureServer({ key, cert, settings });
  const { connected, accepted } = await openConnection(server);
  const secure = connectTls({ socket: connected, ca: cert, host: 'localhost', ALPNProtocols: ['h2'] });
  const session = connect('https://localhost', { createConnection: () => secure });
  return openStream(server, session, side, breaks, side === 'server' ? connected : accepted);
}

/** The TCP connection below. */
async function openConnection(server: Http2Server): Promise<{ connected: Socket; accepted: Socket }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const accepting: Promise<Socket[]> = once(server, 'connection');
  const connected = connectTcp({ port: address.port, host: '127.0.0.1' });
  const [accepted] = await accepting;
  if (accepted === undefined) throw new Error('nobody has connected');
  return { connected, accepted };
}

/** The two ends of a stream that an extended CONNECT has opened (RFC 8441 §4). */
async function openStream(
  server: Http2Server,
  session: ClientHttp2Session,
  side: NearSide,
  breaks: Http2Break,
  below: Socket,
): Promise<TransportPair> {
  server.on('sessionError', () => {});
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  const accepting: Promise<ServerHttp2Stream[]> = once(server, 'stream');
  const connected = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': '/',
    ':authority': 'localhost',
  });
  const [accepted] = await accepting;
  if (accepted === undefined) throw new Error('no stream was opened');
  accepted.respond({ ':status': 200 });
  await once(connected, 'response');
  const [near, far] = side === 'server' ? [accepted, connected] : [connected, accepted];
  return {
    near: new Http2Transport(near),
    far: streamPeer(far, () => (breaks === 'connection' ? below.resetAndDestroy() : reset(far, breaks))),
    close() {
      session.destroy();
      server.close();
    },
  };
}

/** Send RST_STREAM, with CANCEL as our own transport does. `close` with a code would send END_STREAM before it (Node.js). */
function reset(stream: Http2Stream, breaks: 'error' | 'cancel'): void {
  if (breaks === 'error') stream.destroy(new Error('broken'));
  else new Http2Transport(stream).abort();
}
