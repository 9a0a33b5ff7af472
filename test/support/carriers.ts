import {
  type DeflateOptions,
  http3ResponseHeaders,
  negotiateDeflate,
  refusalStatus,
  validateHttp3Request,
  validateHttp3Response,
} from '@genws/protocol';
import { accept, type Command, createMemoryTransports, HeaderMap, listen, type SessionRef } from 'genws';
import { type HeaderChanges, openHttp2, webSocketHeaders } from './http2/client.ts';
import { errorCode } from './http2/frame.ts';
import type { Ledger } from './ledger.ts';
import { ObservedTransport } from './memory-session.ts';
import { RawPeer } from './raw-peer.ts';

/** A WebSocket on a stream, as its client sees it. */
export interface CarriedGuest {
  /** The headers of the answer. */
  readonly headers: ReadonlyMap<string, string>;
  readonly frames: RawPeer;
  readonly session: SessionRef<Command>;
  /** End our direction of the stream. */
  endStream(): void;
  /** Break both directions. */
  reset(): void;
  /** Refuse what the server sends: STOP_SENDING, or what comes nearest to it. */
  stopSending(): void;
  /** How the server has ended the stream. Resolves when it has. */
  ending(): Promise<'ended' | 'reset'>;
}

/** A server, and a way to it. */
export interface Carrier extends AsyncDisposable {
  /** Ask for a WebSocket: the status of the refusal, or the WebSocket. */
  open(changes?: HeaderChanges): Promise<{ readonly status: string; readonly guest?: CarriedGuest }>;
}

export interface CarrierOptions {
  readonly subprotocols?: readonly string[];
  readonly compress?: DeflateOptions;
  readonly closeTimeout?: number;
}

/** Over HTTP/2, on a socket. */
async function carryHttp2({ handler, sessions }: Ledger, options: CarrierOptions): Promise<Carrier> {
  const server = await listen({ http2: true, host: '127.0.0.1', ...options, handler, logger: () => {} });
  const connection = await openHttp2({ port: server.port });
  return {
    async open(changes) {
      const stream = connection.open(webSocketHeaders(changes));
      const status = await stream.outcome;
      if (status !== '200') return { status };
      const guest: CarriedGuest = {
        headers: await stream.headers,
        frames: new RawPeer(stream),
        session: await sessions.next(),
        endStream: () => stream.endStream(),
        reset: () => stream.reset(),
        stopSending: () => stream.reset(errorCode.noError),
        ending: async () => ((await stream.ending) === 'ended' ? 'ended' : 'reset'),
      };
      return { status, guest };
    },
    async [Symbol.asyncDispose]() {
      connection[Symbol.dispose]();
      await server.stop({ deadline: 0 });
    },
  };
}

/** Over HTTP/3, as an application with a QUIC stack of its own would do it (RFC 9220), with a stream in memory. */
async function carryHttp3(
  { handler, sessions }: Ledger,
  { subprotocols, compress, ...options }: CarrierOptions,
): Promise<Carrier> {
  return {
    async open(changes) {
      const lines = new HeaderMap(webSocketHeaders({ ':scheme': 'https', ...changes }));
      const validated = validateHttp3Request(lines, { subprotocols });
      if (!validated.ok) return { status: String(refusalStatus(validated.refusal)) };
      const { path, authority, subprotocol, extensions } = validated.connect;
      const deflate = compress === undefined ? undefined : negotiateDeflate(extensions, compress);
      const answer = new HeaderMap(
        http3ResponseHeaders(validated.connect, { extensions: deflate === undefined ? [] : [deflate.header] }),
      );
      const status = answer.joined(':status') ?? 'no status';
      const offer = { subprotocols, extensions: lines.all('sec-websocket-extensions') };
      const accepted = validateHttp3Response({ status: Number(status), headers: answer }, offer);
      if (!accepted.ok) throw new Error(`a client would refuse this: ${accepted.refusal.code}`);
      const [near, far] = createMemoryTransports();
      const transport = new ObservedTransport(near);
      accept({
        transport,
        request: { method: 'CONNECT', path, host: authority, httpVersion: '3.0', headers: lines, subprotocol },
        compression: deflate === undefined ? undefined : { agreed: deflate.agreed, options: compress },
        ...options,
        handler,
        logger: () => {},
      });
      const frames = new RawPeer(far);
      const guest: CarriedGuest = {
        headers: new Map(answer.pairs()),
        frames,
        session: await sessions.next(),
        endStream: () => far.close(),
        // RFC 9114 §8.1: H3_REQUEST_CANCELLED. RFC 9000 §3.5: who is asked to stop sending resets what it sends.
        reset: () => transport.fail(new Error('RESET_STREAM 0x10c')),
        stopSending: () => transport.fail(new Error('STOP_SENDING 0x10c')),
        async ending() {
          await frames.ended();
          return transport.aborts > 0 ? 'reset' : 'ended';
        },
      };
      return { status, guest };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** For `describe.each`. */
export const carriers = [
  { carrier: 'HTTP/2', carry: carryHttp2 },
  { carrier: 'HTTP/3', carry: carryHttp3 },
] as const;
