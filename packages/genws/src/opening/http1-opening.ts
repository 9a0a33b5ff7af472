import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  encodeAnswer,
  encodeResponse,
  HeaderMap,
  type PlainAnswer,
  responseHeaders,
  type Upgrade,
  validateRequest,
} from '@genws/protocol';
import { SocketTransport } from '../transports/socket.ts';
import type { Checked, Opening, OpeningAnswer } from './opening.ts';

/** An upgrade request of HTTP/1.1 (RFC 6455 §4.2), as a Node.js HTTP server emits it. */
export class Http1Opening implements Opening {
  readonly transport: SocketTransport;
  readonly target: string;
  readonly head: Uint8Array;
  readonly incoming: IncomingMessage;
  readonly #socket: Duplex;

  /** The socket belongs to the transport from here on. */
  constructor(incoming: IncomingMessage, socket: Duplex, head: Uint8Array) {
    this.transport = new SocketTransport(socket);
    this.target = incoming.url ?? '/';
    this.head = head;
    this.incoming = incoming;
    this.#socket = socket;
  }

  get port(): number | undefined {
    return this.#socket instanceof Socket ? this.#socket.localPort : undefined;
  }

  get gone(): AbortSignal {
    return closed(this.#socket);
  }

  check(subprotocols: readonly string[] | undefined): Checked {
    const { method = '', httpVersion, rawHeaders } = this.incoming;
    const headers = new HeaderMap(rawHeaders);
    const validated = validateRequest({ method, httpVersion, headers }, { subprotocols });
    if (!validated.ok) return validated;
    const { upgrade } = validated;
    const { subprotocol, origin, host, extensions } = upgrade;
    const { peername: peer } = this.transport;
    const request = { method, path: this.target, httpVersion, host, headers, subprotocol, origin, peer };
    return { ok: true, asked: { request, extensions, accept: (answer) => this.#accept(upgrade, answer) } };
  }

  refuse(answer: PlainAnswer): void {
    lastWords(this.#socket, encodeAnswer(answer, this.incoming.method));
  }

  #accept(upgrade: Upgrade, { subprotocol = upgrade.subprotocol, ...answer }: OpeningAnswer): void {
    this.transport.send([encodeResponse(responseHeaders({ ...upgrade, subprotocol }, answer))]);
  }
}

/** Aborted when a stream is closed. */
export function closed(stream: Duplex): AbortSignal {
  const controller = new AbortController();
  if (stream.destroyed) controller.abort();
  else stream.once('close', () => controller.abort());
  return controller.signal;
}

/** How long a peer has to take the last that it is sent, ms. */
export const lastWordsTimeout = 500;

/** Give a peer its last answer and let go of it, whether it takes the answer or not. */
export function lastWords(socket: Duplex, answer: Uint8Array | string): void {
  letGo(socket);
  socket.end(answer);
}

/** Connections that are on their way out. */
const leaving = new WeakSet<Duplex>();

/**
 * Drop a connection when its peer has ended it, or soon. What the peer still sends is read and thrown away: ending a
 * connection with bytes unread is a reset, which can overtake the answer.
 */
export function letGo(socket: Duplex): void {
  if (leaving.has(socket)) return;
  leaving.add(socket);
  const timer = setTimeout(() => socket.destroy(), lastWordsTimeout);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  if (socket.listenerCount('error') === 0) socket.on('error', () => socket.destroy());
  socket.resume();
}
