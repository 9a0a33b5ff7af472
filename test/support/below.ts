import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a stream of bytes runs over. */
export interface Below {
  /** Break the connection, so that the other side can tell that from its end. */
  reset(): void;
  /** Let go of the connection without a word, below TLS also without its close_notify. */
  hangUp(): void;
  /** Whether the other side has broken what looks as if it had ended. */
  isBroken(): boolean;
}

/** A TCP connection, with TLS on it or not. */
export const tcpBelow = (tcp: Socket): Below => ({
  reset: () => void tcp.resetAndDestroy(),
  hangUp: () => void tcp.destroy(),
  isBroken: () => false,
});

/** The same, where the stream is the connection itself. */
export function socketBelow(stream: Duplex): Below {
  if (stream instanceof Socket) return tcpBelow(stream);
  throw new TypeError('what is below a stream that is no socket has to be told');
}
