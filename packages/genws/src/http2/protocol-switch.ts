import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What a client says first in HTTP/2 (RFC 9113 §3.4); no request of HTTP/1.1 begins like this. */
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Where the connections of an HTTP server go. */
export interface ProtocolSwitch {
  readonly http: HttpServer;
  readonly secure: boolean;
  /** Takes a connection whose client speaks HTTP/2. */
  readonly http2: (socket: Socket) => void;
  /** Until a client without TLS has said what it speaks, ms. */
  readonly timeout: number;
  /** Takes one that has not. */
  readonly silent: (socket: Socket) => void;
}

/**
 * Let an HTTP server take both versions on its port: over TLS as the handshake has agreed (RFC 9113 §3.2), without by
 * prior knowledge (§3.3), which shows in the first bytes. HTTP/1.1 goes where it went before.
 */
export function switchProtocol({ http, secure, http2, timeout, silent }: ProtocolSwitch): void {
  const event = secure ? 'secureConnection' : 'connection';
  const listeners = http.listeners(event);
  const http1 = (socket: Socket): void => {
    for (const listener of listeners) Reflect.apply(listener, http, [socket]);
  };
  http.removeAllListeners(event);
  http.on(event, (socket: Socket) => {
    if (secure) (socket instanceof TLSSocket && socket.alpnProtocol === 'h2' ? http2 : http1)(socket);
    else listen(socket, timeout, { http1, http2, silent });
  });
}

type Destinations = Pick<ProtocolSwitch, 'http2' | 'silent'> & { readonly http1: (socket: Socket) => void };

/** Find out from the first bytes what a client speaks. */
function listen(socket: Socket, timeout: number, { http1, http2, silent }: Destinations): void {
  let heard: Buffer = Buffer.alloc(0);
  const decide = (take: (socket: Socket) => void): void => {
    clearTimeout(timer);
    socket.off('readable', read).off('end', end).off('error', fail).off('close', forget);
    if (heard.length > 0) socket.unshift(heard);
    // Only in the next tick does a stream notice that nobody waits for `readable` any more, and flow again.
    process.nextTick(take, socket);
  };
  const read = (): void => {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) return;
    heard = heard.length === 0 ? bytes : Buffer.concat([heard, bytes]);
    const start = heard.toString('latin1', 0, preface.length);
    if (!preface.startsWith(start)) decide(http1);
    else if (start === preface) decide(http2);
  };
  const end = (): void => decide(http1);
  const fail = (): void => void socket.destroy();
  const forget = (): void => clearTimeout(timer);
  const timer = setTimeout(() => decide(silent), timeout);
  socket.on('readable', read).on('end', end).on('error', fail).on('close', forget);
}
