import { buildRequest, ResponseParser, validateResponse, type WebSocketTarget } from '@genws/protocol';
import type { Transport } from '@genws/session';
import { ConnectError, type HandshakeResponse } from './connect-error.ts';
import { unlessAborted } from './deadline.ts';
import { type Handshake, refusedResponse } from './handshake.ts';
import type { Wish } from './wish.ts';

/** A request for a WebSocket over HTTP/1.1 (RFC 6455 §4.1). */
export class Http1Handshake {
  readonly #target: WebSocketTarget;
  readonly #wish: Wish;
  readonly #bytes: Uint8Array;
  readonly #key: string;
  readonly #host: string;

  /** Throws {@link ConnectError} for what cannot be sent. */
  constructor(target: WebSocketTarget, wish: Wish) {
    const request = buildRequest(target, wish);
    if (!request.ok) throw new ConnectError(request.refusal);
    this.#target = target;
    this.#wish = wish;
    this.#bytes = request.bytes;
    this.#key = request.key;
    this.#host = request.host;
  }

  /**
   * Send the request and judge the answer. Rejects with {@link ConnectError}, or with what the transport fails with; the
   * connection is closed then.
   */
  async perform(transport: Transport, signal: AbortSignal): Promise<Handshake> {
    try {
      return this.#judge(transport, await this.#exchange(transport, signal));
    } catch (error) {
      transport.abort();
      throw error;
    }
  }

  #judge(transport: Transport, response: HandshakeResponse): Handshake {
    const validated = validateResponse(response, { ...this.#wish, key: this.#key });
    if (!validated.ok) throw refusedResponse(validated.refusal, response);
    const request = { method: 'GET', httpVersion: '1.1', path: this.#target.path, host: this.#host };
    return { transport, request, accepted: validated.accepted, response };
  }

  async #exchange(transport: Transport, signal: AbortSignal): Promise<HandshakeResponse> {
    if (transport.receive === undefined) throw new ConnectError({ code: 'transportDoesNotSupportReceive' });
    signal.throwIfAborted();
    const parser = new ResponseParser({ maxHandshakeSize: this.#wish.maxHandshakeSize });
    transport.send([this.#bytes]);
    for (;;) {
      const bytes = await unlessAborted(signal, transport.receive());
      if (bytes === undefined) throw new ConnectError({ code: 'connectionClosed' });
      const outcome = parser.push(bytes);
      if (outcome === undefined) continue;
      if (!outcome.ok) throw new ConnectError(outcome.refusal);
      const { status, headers, rest: body } = outcome.response;
      return { status, headers, body };
    }
  }
}
