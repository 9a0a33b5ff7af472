import { createHash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { DeflateDemand } from '../case.ts';
import { answer, type DeflateAgreement, offer, readResponse } from './deflate-negotiation.ts';
import { type HttpHead, hasToken, readHead } from './http-head.ts';

/** A handshake that is done (RFC 6455 §4, RFC 8441 §5). */
export interface Handshake {
  /** The heads, as they went over the wire. */
  readonly request: string;
  readonly response: string;
  readonly agreement: DeflateAgreement | undefined;
  /** What came right behind the peer's head. */
  readonly rest: Buffer;
}

const lines = (...parts: readonly string[]): string => `${parts.join('\r\n')}\r\n\r\n`;

const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** Asks a server, and judges what it answers. Rejects when that is no correct handshake. */
export async function shakeHandsAsClient(
  socket: Duplex,
  url: URL,
  demands: readonly DeflateDemand[],
  timeout: number,
): Promise<Handshake> {
  const key = randomBytes(16).toString('base64');
  const request = lines(
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    ...(demands.length === 0 ? [] : [`Sec-WebSocket-Extensions: ${offer(demands)}`]),
  );
  socket.write(request);
  const response = await readHead(socket, timeout);
  const { headers } = response;
  require(/^HTTP\/1\.1 101 /.test(`${response.startLine} `), `the server answered ${response.startLine}`);
  require(hasToken(response, 'upgrade', 'websocket'), 'the response does not say Upgrade: websocket');
  require(hasToken(response, 'connection', 'upgrade'), 'the response does not say Connection: Upgrade');
  require(headers.get('sec-websocket-accept') === acceptOf(key), 'Sec-WebSocket-Accept is wrong');
  require(!headers.has('sec-websocket-protocol'), 'a subprotocol that was not asked for');
  const extensions = readResponse(headers.get('sec-websocket-extensions'), demands);
  if (!extensions.ok) throw new Error(`Sec-WebSocket-Extensions ${extensions.reason}`);
  return { request, response: response.raw, agreement: extensions.agreement, rest: response.rest };
}

/** Answers a client's request, which must be a correct one. */
export function shakeHandsAsServer(socket: Duplex, request: HttpHead, demands: readonly DeflateDemand[]): Handshake {
  const { headers, raw, rest } = request;
  const key = headers.get('sec-websocket-key') ?? '';
  require(/^GET \S+ HTTP\/1\.1$/.test(request.startLine), `no request for a WebSocket: ${request.startLine}`);
  require(headers.has('host'), 'the request has no Host');
  require(hasToken(request, 'upgrade', 'websocket'), 'the request does not say Upgrade: websocket');
  require(hasToken(request, 'connection', 'upgrade'), 'the request does not say Connection: Upgrade');
  require(headers.get('sec-websocket-version') === '13', 'Sec-WebSocket-Version is not 13');
  require(Buffer.from(key, 'base64').toString('base64') === key && key.length === 24, 'Sec-WebSocket-Key is wrong');
  const agreed = answer(headers.get('sec-websocket-extensions'), demands);
  const response = lines(
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(key)}`,
    ...(agreed === undefined ? [] : [`Sec-WebSocket-Extensions: ${agreed.header}`]),
  );
  socket.write(response);
  return { request: raw, response, agreement: agreed?.agreement, rest };
}

/** Throws unless a handshake has what it needs. */
export function require(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}
