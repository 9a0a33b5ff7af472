import type { Duplex } from 'node:stream';
import { type DeflateOptions, negotiateDeflate, parseExtensions } from '@genws/protocol';
import { accept, createMemoryTransports, type ListenOptions, listen, type Server } from 'genws';
import { expect } from 'vitest';
import { plainRequest } from './memory-session.ts';
import { closeFrame, openRaw, textFrame, upgradeRequest } from './raw-client.ts';
import type { RawConnection } from './raw-connection.ts';
import { openRawStream } from './raw-http2.ts';
import { listenWith } from './serving.ts';
import { rawTransport } from './transport-stream.ts';
import { isHttp2, isSecure, type Wire } from './wires.ts';

/** What a server of sessions that are connected by any kind of wire is made of. */
export interface WireServerOptions<State, Info> extends Omit<ListenOptions<State, Info, undefined>, 'compress'> {
  readonly compress?: DeflateOptions | undefined;
}

/** How a client connects. */
export interface WireClientOptions {
  /** What it offers, a line of the header each. */
  readonly extensions?: readonly string[] | undefined;
  /** Leave our direction open when the server ends its own. */
  readonly allowHalfOpen?: boolean | undefined;
  /** Connect to this port instead: that of a detour. */
  readonly port?: number | undefined;
}

/** A raw client of a server, past its handshake. */
export interface WireClient {
  readonly connection: RawConnection<Duplex>;
  /** The extensions that were agreed on. */
  readonly agreed: string | undefined;
}

/** A server of sessions, and how raw clients come to it. */
export class WireServer<State, Info> implements AsyncDisposable {
  readonly wire: Wire;
  readonly server: Server<Info>;
  readonly #options: WireServerOptions<State, Info>;

  constructor(wire: Wire, server: Server<Info>, options: WireServerOptions<State, Info>) {
    this.wire = wire;
    this.server = server;
    this.#options = options;
  }

  /** Open a WebSocket. */
  async open(options: Pick<WireClientOptions, 'allowHalfOpen'> = {}): Promise<RawConnection<Duplex>> {
    return (await this.connect(options)).connection;
  }

  /** The same with more to say, and more to hear. */
  async connect(options: WireClientOptions = {}): Promise<WireClient> {
    if (this.wire === 'memory') return this.#join(options);
    const { extensions, allowHalfOpen, port = this.server.port } = options;
    const where = { port, secure: isSecure(this.wire), allowHalfOpen };
    if (isHttp2(this.wire)) {
      const { connection, headers } = await openRawStream(where, {
        'sec-websocket-extensions': extensions?.join(', '),
      });
      return { connection, agreed: headers['sec-websocket-extensions'] };
    }
    const connection = await openRaw(where);
    await connection.write(upgradeRequest({ headers: { 'Sec-WebSocket-Extensions': extensions } }));
    const { startLine, headers } = await connection.head();
    if (!startLine.startsWith('HTTP/1.1 101 ')) throw new Error(`no WebSocket: ${startLine}`);
    return { connection, agreed: headers.get('sec-websocket-extensions') };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.stop({ deadline: 0 });
  }

  /** In memory there is nobody to shake hands with: the session becomes one of the server's all the same. */
  #join({ extensions = [], allowHalfOpen = false }: WireClientOptions): WireClient {
    const { compress } = this.#options;
    const offer = parseExtensions(extensions);
    const deflate = compress && offer.ok ? negotiateDeflate(offer.extensions, compress) : undefined;
    const [transport, far] = createMemoryTransports();
    this.server.sessions.startChild(() =>
      accept({
        ...this.#options,
        handlerOpts: undefined,
        transport,
        request: { ...plainRequest, compression: deflate?.agreed },
        compression: deflate && { agreed: deflate.agreed, options: compress },
      }),
    );
    return { connection: rawTransport(far, allowHalfOpen), agreed: deflate?.header };
  }
}

/** See that a server still takes a connection, and closes it when asked. The handler need not answer. */
export async function expectToServe(served: WireServer<unknown, unknown>): Promise<void> {
  const client = await served.open();
  await client.write(Buffer.concat([textFrame('still there?'), closeFrame(1000)]));
  let frame = await client.frame();
  while (frame.opcode !== 8) frame = await client.frame();
  expect(frame.payload.readUInt16BE()).toBe(1000);
  expect(await client.closed).toBe('ended');
}

/** Serve a handler: on a free port of the local machine, or in memory. */
export async function serveOver<State, Info = unknown>(
  wire: Wire,
  options: WireServerOptions<State, Info>,
): Promise<WireServer<State, Info>> {
  const server = await listen<State, Info, undefined>({
    ...(await listenWith(isSecure(wire))),
    http2: isHttp2(wire),
    handlerOpts: undefined,
    ...options,
  });
  return new WireServer(wire, server, options);
}
