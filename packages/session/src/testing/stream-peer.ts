import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { TransportPeer } from './transport-peer.ts';

/**
 * The peer that is a Node.js stream: a TCP or TLS socket, an HTTP/2 stream. The stream belongs to the peer from here on.
 *
 * @param reset breaks the connection. Default: `stream.destroy()`, which ends a TCP connection in good order; for a TCP
 *   socket hand over `() => socket.resetAndDestroy()`.
 */
export function streamPeer(stream: Duplex, reset: () => void = () => stream.destroy()): TransportPeer {
  stream.allowHalfOpen = true;
  stream.pause();
  const news = new EventTarget();
  const wake = (): boolean => news.dispatchEvent(new Event('news'));
  stream.on('readable', wake).on('end', wake).on('error', wake).on('close', wake);
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    async read() {
      for (;;) {
        const bytes: Uint8Array | null = stream.read();
        if (bytes !== null) return bytes;
        if (stream.errored) throw stream.errored;
        if (stream.readableEnded || stream.destroyed) return undefined;
        await once(news, 'news');
      }
    },
    end: () => void stream.end(),
    reset,
  };
}
