import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { WebSocketTarget } from '@genws/protocol';
import { resolveHttp2Options } from '../http2/http2-options.ts';
import { type ClientTlsOptions, dial } from '../transports/dial.ts';
import { ConnectError } from './connect-error.ts';

/** A connection, and what is spoken on it. */
export type Connection =
  | { readonly version: '1.1'; readonly socket: Socket }
  | { readonly version: '2.0'; readonly socket: Socket; readonly session: ClientHttp2Session };

/**
 * Open a connection over which HTTP/2 is spoken: over TLS as the handshake agrees (RFC 9113 §3.2), without by prior
 * knowledge (§3.3). Where HTTP/1.1 will do too, the server chooses. Rejects as {@link dial} does, and with
 * {@link ConnectError} `http2NotNegotiated`.
 */
export async function dialHttp2(
  target: WebSocketTarget,
  tls: ClientTlsOptions,
  or: 'http/1.1' | 'nothing else',
  signal: AbortSignal,
): Promise<Connection> {
  const ALPNProtocols = or === 'http/1.1' ? ['h2', 'http/1.1'] : ['h2'];
  const socket = await dial(target, { ALPNProtocols, ...tls }, signal).catch((cause: unknown) => {
    throw hasNoProtocol(cause) ? new ConnectError({ code: 'http2NotNegotiated' }, { cause }) : cause;
  });
  if (!(socket instanceof TLSSocket) || socket.alpnProtocol === 'h2') {
    return { version: '2.0', socket, session: startHttp2(target, socket) };
  }
  if (or === 'http/1.1') return { version: '1.1', socket };
  socket.destroy();
  throw new ConnectError({ code: 'http2NotNegotiated' });
}

/** The server's TLS speaks none of the protocols offered (RFC 7301 §3.2). */
const hasNoProtocol = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /NO_APPLICATION_PROTOCOL$/.test(String(error.code));

function startHttp2({ secure, hostHeader }: WebSocketTarget, socket: Socket): ClientHttp2Session {
  const { streamWindow: initialWindowSize, connectionWindow } = resolveHttp2Options({});
  const session = process.getBuiltinModule('node:http2').connect(`${secure ? 'https' : 'http'}://${hostHeader}`, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize },
  });
  session.on('error', () => {}); // its streams are told
  session.once('connect', () => session.setLocalWindowSize(connectionWindow));
  return session;
}
