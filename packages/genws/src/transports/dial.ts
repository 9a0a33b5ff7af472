import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { WebSocketTarget } from '@genws/protocol';

/** TLS settings of a client, as `tls.connect` takes them. The peer's certificate is verified unless they say otherwise. */
export type ClientTlsOptions = Omit<ConnectionOptions, 'host' | 'port' | 'path' | 'socket'>;

/**
 * Open a TCP or TLS connection to a WebSocket URL's target. Rejects with the system's or TLS's own error, or with the
 * signal's reason.
 */
export function dial(target: WebSocketTarget, tls: ClientTlsOptions, signal: AbortSignal): Promise<Socket> {
  const { hostname: host, port, secure } = target;
  const socket = secure
    ? connectTls({ ALPNProtocols: ['http/1.1'], ...(isIP(host) === 0 ? { servername: host } : {}), ...tls, host, port })
    : connectTcp({ host, port });
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off('error', fail).off('connect', succeed).off('secureConnect', succeed);
      signal.removeEventListener('abort', abort);
    };
    const succeed = (): void => {
      settle();
      resolve(socket);
    };
    const fail = (error: unknown): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const abort = (): void => fail(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    socket.on('error', fail).on(secure ? 'secureConnect' : 'connect', succeed);
  });
}
