import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Where } from '../raw-client.ts';
import type { HeaderLine } from './hpack.ts';
import { Http2Peer, type Http2PeerOptions } from './peer.ts';

/** Connect to a server with prior knowledge, or over TLS by ALPN, and have its SETTINGS. */
export async function openHttp2(
  { port, host = '127.0.0.1', secure = false }: Where,
  options: Http2PeerOptions = {},
): Promise<Http2Peer> {
  const tcp = connectTcp({ port, host });
  await once(tcp, 'connect');
  const socket = secure ? connectTls({ socket: tcp, rejectUnauthorized: false, ALPNProtocols: ['h2'] }) : tcp;
  if (secure) await once(socket, 'secureConnect');
  const peer = new Http2Peer(socket, options, tcp);
  await peer.ready;
  return peer;
}

/** Header lines with some changed: a value, several of them, or `undefined` to leave a line out; new ones follow. */
export type HeaderChanges = Readonly<Record<string, string | readonly string[] | undefined>>;

/** An extended CONNECT that opens a WebSocket, right but for what the test wants otherwise (RFC 8441 §5). */
export function webSocketHeaders(changes: HeaderChanges = {}): HeaderLine[] {
  return Object.entries({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': '/',
    ':authority': 'server.example.com',
    'sec-websocket-version': '13',
    ...changes,
  }).flatMap(([name, value = []]) => [value].flat().map((line) => [name, line] as const));
}
