import {
  buildRequest,
  checkCompression,
  type DeflateOptions,
  deflateExtension,
  deflateOffer,
  type HeaderInput,
  type ParsedResponse,
  parseExtensions,
  parseWebSocketUrl,
  ResponseParser,
  type ResponseRefusal,
  validateResponse,
} from '@genws/protocol';
import {
  assertTuning,
  type Handler,
  optsOf,
  type Session,
  type SessionRequest,
  type SessionSettings,
  type Transport,
  type WithOpts,
} from '@genws/session';
import { begin, compressionOptions } from './accept.ts';
import { ConnectError, type ConnectFailure } from './connect-error.ts';
import { type ClientTlsOptions, dial } from './transports/dial.ts';
import { SocketTransport } from './transports/socket.ts';

/** What a client asks for, and who handles its session. */
export interface ConnectOptions<State, Info, Opts> extends SessionSettings {
  readonly handler: Handler<State, Info, Opts>;
  /** Subprotocols in order of preference. */
  readonly subprotocols?: readonly string[] | undefined;
  /**
   * Elements of `Sec-WebSocket-Extensions` that the handler itself understands; none may use reserved bits, as
   * permessage-deflate does.
   */
  readonly extensions?: readonly string[] | undefined;
  /**
   * Offer permessage-deflate (RFC 7692), before `extensions`; `true` stands for the defaults of `DeflateOptions`. A
   * server may decline, and the session goes on uncompressed: `request.compression` tells. Default: not offered.
   */
  readonly compress?: boolean | DeflateOptions | undefined;
  /** The `Origin` header. Browsers send one, other clients need none. */
  readonly origin?: string | undefined;
  /** More headers: `Authorization`, `Cookie`. */
  readonly headers?: HeaderInput | undefined;
  /** For dialling and handshake together, ms. Default 15,000. */
  readonly timeout?: number | undefined;
  /** Most bytes of the response's header block. Default 65,536. */
  readonly maxHandshakeSize?: number | undefined;
  /** TLS settings for `wss:`. Default: the peer is verified against the system's authorities, by its name. */
  readonly tls?: ClientTlsOptions | undefined;
  /** Gives up connecting when aborted; has no effect on the session afterwards. */
  readonly signal?: AbortSignal | undefined;
  /** A connection that is already open, instead of one dialled to the URL's host. */
  readonly transport?: Transport | undefined;
  /** Which attempt this is, for `request.attempt`. `startClient` counts; so may who connects again without it. */
  readonly attempt?: number | undefined;
}

/** Ms. */
export const defaultTimeout = 15_000;

/**
 * Open a WebSocket (RFC 6455 §4.1) and start its session. Rejects with {@link ConnectError}, whose `code` says what was
 * wrong; the connection is closed then. Rejects with `RangeError` when `compress` is out of range; nothing is sent then.
 *
 * @param url `ws:` or `wss:`
 */
export async function connect<State, Info, Opts>(
  url: string | URL,
  options: ConnectOptions<State, Info, Opts> & WithOpts<Opts>,
): Promise<Session<Info>> {
  const { timeout = defaultTimeout, tls = {}, subprotocols, origin, headers } = options;
  const compress = compressionOptions(options.compress);
  assertTuning(options);
  const parsed = parseWebSocketUrl(url);
  if (!parsed.ok) throw new ConnectError(parsed.refusal);
  const { target } = parsed;
  const offer = { subprotocols, extensions: offeredExtensions(options.extensions, compress) };
  const request = buildRequest(target, { ...offer, origin, headers });
  if (!request.ok) throw new ConnectError(request.refusal);

  const deadline = new Deadline(timeout, options.signal);
  let transport: Transport | undefined;
  try {
    transport = options.transport ?? new SocketTransport(await dial(target, tls, deadline.signal));
    const response = await exchange(transport, request.bytes, deadline.signal, options.maxHandshakeSize);
    const validated = validateResponse(response, { key: request.key, ...offer });
    if (!validated.ok) throw refusedResponse(validated.refusal, response);
    const { subprotocol, extensions } = validated.accepted;
    const compressed = compress === undefined ? undefined : checkCompression(extensions, compress);
    if (compressed?.ok === false) throw refusedResponse(compressed.refusal, response);
    const compression = compressed?.agreed;
    const handshake = { path: target.path, host: request.host, subprotocol, compression };
    return start(handshake, transport, response, compress, options);
  } catch (error) {
    transport?.abort();
    throw error instanceof ConnectError ? error : new ConnectError(deadline.failure, { cause: error });
  } finally {
    deadline.clear();
  }
}

/** The user's extensions after our own. */
function offeredExtensions(own: readonly string[] = [], compress: DeflateOptions | undefined): readonly string[] {
  const parsed = parseExtensions(own);
  if (parsed.ok && parsed.extensions.some(({ name }) => name === deflateExtension)) {
    throw new ConnectError({ code: 'reservedExtension', name: deflateExtension });
  }
  return compress === undefined ? own : [deflateOffer(compress), ...own];
}

function refusedResponse(refusal: ResponseRefusal, { status, headers, rest: body }: ParsedResponse): ConnectError {
  return new ConnectError(refusal, { response: { status, headers, body } });
}

function start<State, Info, Opts>(
  handshake: Pick<SessionRequest, 'path' | 'host' | 'subprotocol' | 'compression'>,
  transport: Transport,
  { status, headers, rest }: ParsedResponse,
  compress: DeflateOptions | undefined,
  options: ConnectOptions<State, Info, Opts> & WithOpts<Opts>,
): Session<Info> {
  const { peername: peer } = transport;
  const { subprotocol, compression: agreed } = handshake;
  return begin({
    ...options,
    role: 'client',
    transport,
    handlerOpts: optsOf<Opts>(options),
    head: rest,
    compression: agreed === undefined ? undefined : { agreed, options: compress },
    request: {
      ...handshake,
      method: 'GET',
      httpVersion: '1.1',
      headers,
      peer,
      attempt: options.attempt,
      response: { status, headers, subprotocol },
    },
  });
}

/** Send the request and read the answer's header block. */
async function exchange(
  transport: Transport,
  request: Uint8Array,
  signal: AbortSignal,
  maxHandshakeSize = 65_536,
): Promise<ParsedResponse> {
  if (transport.receive === undefined) throw new ConnectError({ code: 'transportDoesNotSupportReceive' });
  signal.throwIfAborted();
  const parser = new ResponseParser({ maxHandshakeSize });
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {}); // handled where it is raced against
  transport.send([request]);
  for (;;) {
    const bytes = await Promise.race([transport.receive(), aborted]);
    if (bytes === undefined) throw new ConnectError({ code: 'connectionClosed' });
    const outcome = parser.push(bytes);
    if (outcome === undefined) continue;
    if (!outcome.ok) throw new ConnectError(outcome.refusal);
    return outcome.response;
  }
}

/** One deadline for the whole of connecting, and the caller's own signal. */
class Deadline {
  readonly #timeout: number;
  readonly #expiry = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal;

  constructor(timeout: number, caller: AbortSignal | undefined) {
    this.#timeout = timeout;
    this.#caller = caller;
    // More than Node's timers can count is no deadline, just as `Infinity`.
    if (timeout < 2 ** 31) this.#timer = setTimeout(() => this.#expiry.abort(), timeout);
    this.signal = caller === undefined ? this.#expiry.signal : AbortSignal.any([this.#expiry.signal, caller]);
  }

  /** What it means that something failed now. */
  get failure(): ConnectFailure {
    if (this.#caller?.aborted === true) return { code: 'aborted' };
    return this.#expiry.signal.aborted ? { code: 'timeout', timeout: this.#timeout } : { code: 'connectionFailed' };
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
