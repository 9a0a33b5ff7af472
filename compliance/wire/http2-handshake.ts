import { type ClientHttp2Session, type ClientHttp2Stream, constants, type ServerHttp2Stream } from 'node:http2';
import type { DeflateDemand } from '../case.ts';
import { answer, offer, readResponse } from './deflate-negotiation.ts';
import { type Handshake, require } from './handshake.ts';
import { Http2Socket } from './http2-socket.ts';
import type { Opened } from './opened.ts';

/** Header fields as Node.js has them. */
export type Fields = Readonly<Record<string, string | readonly string[] | number | undefined>>;

const head = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\r\n');

const nothing = Buffer.alloc(0);

/**
 * Asks a server for a WebSocket on a new stream (RFC 8441 §4, §5), and judges what it answers. Rejects when that is no
 * correct handshake, or when the server's settings do not allow to ask.
 */
export async function shakeHandsOnNewStream(
  session: ClientHttp2Session,
  url: URL,
  demands: readonly DeflateDemand[],
  timeout: number,
): Promise<Opened> {
  await within(timeout, settingsOf(session));
  require(session.remoteSettings.enableConnectProtocol === true, 'no SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3)');
  const request = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': url.protocol === 'wss:' ? 'https' : 'http',
    ':authority': url.host,
    ':path': `${url.pathname}${url.search}`,
    'sec-websocket-version': '13',
    ...(demands.length === 0 ? {} : { 'sec-websocket-extensions': offer(demands) }),
  };
  const stream = session.request(request, { endStream: false });
  const socket = new Http2Socket(stream);
  try {
    const response = await within(timeout, responseOn(stream, socket));
    const { ':status': status, 'sec-websocket-protocol': protocol, 'sec-websocket-extensions': extensions } = response;
    require(status === 200, `the server answered ${status}`);
    require(protocol === undefined, 'a subprotocol that was not asked for');
    const read = readResponse(extensions === undefined ? undefined : String(extensions), demands);
    if (!read.ok) throw new Error(`Sec-WebSocket-Extensions ${read.reason}`);
    const heads = { request: head(request), response: head(response) };
    return { socket, handshake: { ...heads, agreement: read.agreement, rest: nothing } };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Answers a client's request on a stream, which must be a correct one. */
export function shakeHandsOnStream(
  stream: ServerHttp2Stream,
  request: Fields,
  demands: readonly DeflateDemand[],
): Handshake {
  const field = (name: string): string => String(request[name] ?? '');
  require(field(':method') === 'CONNECT', `no request for a WebSocket: ${field(':method')}`);
  require(field(':protocol') === 'websocket', `no request for a WebSocket: ${field(':protocol')}`);
  require(/^https?$/.test(field(':scheme')), 'the request has no :scheme of HTTP');
  require(field(':authority') !== '', 'the request has no :authority');
  require(field(':path').startsWith('/'), 'the request has no :path');
  require(field('sec-websocket-version') === '13', 'Sec-WebSocket-Version is not 13');
  const agreed = answer(field('sec-websocket-extensions'), demands);
  const response = {
    ':status': constants.HTTP_STATUS_OK,
    ...(agreed === undefined ? {} : { 'sec-websocket-extensions': agreed.header }),
  };
  stream.respond(response);
  return { request: head(request), response: head(response), agreement: agreed?.agreement, rest: nothing };
}

/** Resolves when the server's settings have come, which are the first thing it says (RFC 9113 §3.4). */
function settingsOf(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    if (session.remoteSettings.enableConnectProtocol === true) return resolve();
    session.once('remoteSettings', () => resolve());
    session.once('error', reject);
    session.once('close', () => reject(new Error('the connection ended before it was one of HTTP/2')));
  });
}

function responseOn(stream: ClientHttp2Stream, socket: Http2Socket): Promise<Fields> {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve);
    socket.once('error', ({ message }) => reject(new Error(`the stream broke during the handshake: ${message}`)));
    socket.once('close', () => reject(new Error('the stream ended during the handshake')));
  });
}

async function within<T>(timeout: number, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no handshake within ${timeout} ms`)), timeout);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
