import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import {
  buildExtendedConnect,
  HeaderMap,
  type HeaderPair,
  validateExtendedConnectResponse,
  type WebSocketTarget,
} from '@genws/protocol';
import { ErrorCode, errorCodeName } from '../http2/error-code.ts';
import { headerObject } from '../http2/header-object.ts';
import { lastWordsTimeout } from '../opening/http1-opening.ts';
import { Http2Transport } from '../transports/http2-stream.ts';
import { ConnectError, type HandshakeResponse } from './connect-error.ts';
import { unlessAborted } from './deadline.ts';
import { type Handshake, refusedResponse } from './handshake.ts';
import type { Wish } from './wish.ts';

/** Where an application has opened the connection, Node.js has kept to whom. */
const knownToConnection: ReadonlySet<string> = new Set([':scheme', ':authority']);

/** A request for a WebSocket on a stream of HTTP/2 (RFC 8441 §4, §5). */
export class Http2Handshake {
  readonly #target: WebSocketTarget;
  readonly #wish: Wish;
  readonly #headers: readonly HeaderPair[];

  /** Throws {@link ConnectError} for what cannot be sent. */
  constructor(target: WebSocketTarget, wish: Wish) {
    const built = buildExtendedConnect(target, { ...wish, peerAllowsConnectProtocol: true });
    if (!built.ok) throw new ConnectError(built.refusal);
    this.#target = target;
    this.#wish = wish;
    this.#headers = built.headers;
  }

  /**
   * Send the request on a new stream and judge the answer. Rejects with {@link ConnectError}, with
   * `peerDoesNotAllowConnectProtocol` before anything is sent, or with what the connection fails with.
   *
   * @param own the connection, if it is there for this WebSocket alone: it ends with it, or without it. One that is shared
   *   has an authority of its own
   */
  async perform(session: ClientHttp2Session, own: Socket | undefined, signal: AbortSignal): Promise<Handshake> {
    try {
      if (await unlessAborted(signal, allowsConnectProtocol(session)))
        return await this.#exchange(session, own, signal);
      throw new ConnectError({ code: 'peerDoesNotAllowConnectProtocol' });
    } catch (error) {
      if (own !== undefined) leave(session, own);
      throw error;
    }
  }

  async #exchange(session: ClientHttp2Session, own: Socket | undefined, signal: AbortSignal): Promise<Handshake> {
    const headers = this.#headers.filter(([name]) => own !== undefined || !knownToConnection.has(name));
    const stream = session.request(headerObject(headers), { endStream: false });
    const transport = new Http2Transport(stream);
    if (own !== undefined) stream.once('close', () => leave(session, own));
    try {
      const response = await unlessAborted(signal, this.#answer(stream));
      const validated = validateExtendedConnectResponse(response, this.#wish);
      if (!validated.ok)
        throw refusedResponse(validated.refusal, { ...response, body: await bodyOf(stream, response.status, signal) });
      const { ':authority': host = this.#target.hostHeader } = stream.sentHeaders;
      const request = { method: 'CONNECT', httpVersion: '2.0', path: this.#target.path, host: String(host) };
      return { transport, request, accepted: validated.accepted, response };
    } catch (error) {
      transport.abort();
      throw error;
    }
  }

  async #answer(stream: ClientHttp2Stream): Promise<HandshakeResponse> {
    const headers = await responseOf(stream);
    const size = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + String(value).length, 0);
    const { maxHandshakeSize: limit } = this.#wish;
    if (size > limit) throw new ConnectError({ code: 'handshakeResponseTooBig', limit });
    const { ':status': status, ...rest } = headers;
    return { status: Number(status), headers: new HeaderMap(rest), body: new Uint8Array(0) };
  }
}

/** End a connection. A server that does not end its own side is dropped soon: Node.js would wait for it. */
function leave(session: ClientHttp2Session, socket: Socket): void {
  session.close();
  setTimeout(() => socket.destroy(), lastWordsTimeout).unref();
}

/** Connections whose settings are waited for. */
const awaited = new WeakMap<ClientHttp2Session, Promise<void>>();

/** Whether the server takes extended CONNECT (RFC 8441 §3). */
async function allowsConnectProtocol(session: ClientHttp2Session): Promise<boolean> {
  if (!isAllowed(session)) {
    const settings = awaited.get(session) ?? settingsOf(session).finally(() => awaited.delete(session));
    awaited.set(session, settings);
    await settings;
  }
  return isAllowed(session);
}

const isAllowed = ({ remoteSettings }: ClientHttp2Session): boolean => remoteSettings.enableConnectProtocol === true;

/** Its settings are the first thing a server sends (RFC 9113 §3.4), so they are known when it has answered a PING. */
async function settingsOf(session: ClientHttp2Session): Promise<void> {
  if (session.connecting) await once(session, 'connect');
  if (session.closed || session.destroyed) throw new Error('the connection takes no new streams any more');
  if (isAllowed(session)) return;
  const ended = once(session, 'close').then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    await ping(session);
  } catch (error) {
    const cause = await ended; // why a ping was cancelled is told after it
    throw isGarbage(cause) ? new ConnectError({ code: 'http2NotNegotiated' }, { cause }) : (cause ?? error);
  }
}

/** What has come is no HTTP/2: nghttp2's own words, of which Node.js makes one error. */
const isGarbage = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_HTTP2_ERROR';

function ping(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.ping((error) => (error === null ? resolve() : reject(error)));
  });
}

function responseOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', (error) => reject(reasonOf(stream) ?? error));
    stream.once('close', () => reject(reasonOf(stream) ?? new ConnectError({ code: 'connectionClosed' })));
  });
}

/** A stream that was refused has not been looked at: it is safe to try again (RFC 9113 §8.7). */
function reasonOf({ rstCode }: ClientHttp2Stream): Error | undefined {
  return rstCode === ErrorCode.refusedStream
    ? new Error(`the server refuses the stream: ${errorCodeName(rstCode)}`)
    : undefined;
}

/** Most bytes of a refusal's body that are kept, and how long they have to come, ms. */
const maxBody = 65_536;
const bodyTimeout = 500;

/** What the server has to say about its refusal. A WebSocket that it has opened has no body. */
async function bodyOf(stream: ClientHttp2Stream, status: number, signal: AbortSignal): Promise<Uint8Array> {
  let body = Buffer.alloc(0);
  if (status < 300) return body;
  const read = async (): Promise<void> => {
    for await (const chunk of stream) {
      body = Buffer.concat([body, chunk]);
      if (body.length >= maxBody) return;
    }
  };
  const enough = AbortSignal.any([signal, AbortSignal.timeout(bodyTimeout)]);
  await unlessAborted(enough, read()).catch(() => {}); // as much as has come: the refusal itself is known
  return body.subarray(0, maxBody);
}
