import type { ServerHttp2Stream } from 'node:http2';
import {
  type ExtendedConnect,
  extendedConnectHeaders,
  type HeaderInput,
  HeaderMap,
  type PlainAnswer,
  validateExtendedConnect,
} from '@genws/protocol';
import { headerObject } from '../http2/header-object.ts';
import { Http2Transport } from '../transports/http2-stream.ts';
import { closed } from './http1-opening.ts';
import type { Checked, Opening, OpeningAnswer } from './opening.ts';

/** A CONNECT of HTTP/2 (RFC 8441 §4, §5), as a Node.js HTTP/2 server emits it. */
export class Http2Opening implements Opening {
  readonly transport: Http2Transport;
  readonly head = undefined;
  readonly incoming = undefined;
  readonly #headers: HeaderMap;
  readonly #stream: ServerHttp2Stream;

  /** The stream belongs to the transport from here on. */
  constructor(stream: ServerHttp2Stream, headers: HeaderInput) {
    this.transport = new Http2Transport(stream);
    this.#headers = HeaderMap.of(headers);
    this.#stream = stream;
  }

  get target(): string {
    return this.#headers.joined(':path') ?? '/';
  }

  get port(): number | undefined {
    return this.#stream.session?.socket.localPort;
  }

  get gone(): AbortSignal {
    return closed(this.#stream);
  }

  check(subprotocols: readonly string[] | undefined): Checked {
    const validated = validateExtendedConnect(this.#headers, { subprotocols });
    if (!validated.ok) return validated;
    const headers = new HeaderMap([...this.#headers.pairs()].filter(([name]) => !name.startsWith(':')));
    const { connect } = validated;
    const { subprotocol, origin, authority: host, path, extensions } = connect;
    const { peername: peer } = this.transport;
    const request = { method: 'CONNECT', path, httpVersion: '2.0', host, headers, subprotocol, origin, peer };
    return { ok: true, asked: { request, extensions, accept: (answer) => this.#accept(connect, answer) } };
  }

  refuse({ status, headers, body }: PlainAnswer): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    stream.respond({ ':status': status, ...headerObject(headers) });
    stream.resume().end(body); // what the peer sends on is not wanted
    stream.close();
  }

  #accept(connect: ExtendedConnect, { subprotocol = connect.subprotocol, ...answer }: OpeningAnswer): void {
    const headers = extendedConnectHeaders({ ...connect, subprotocol }, answer);
    if (!this.#stream.destroyed && !this.#stream.closed) this.#stream.respond(headerObject(headers));
  }
}
