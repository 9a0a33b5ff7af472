import { Listener } from '../wire/listener.ts';
import { EchoPeer } from './echo-peer.ts';
import type { Rules } from './rules.ts';

/** An echo server that minds these rules; over HTTP/2 when told so. */
export async function serveEcho(
  rules: Rules,
  { http2 }: { readonly http2?: boolean } = {},
): Promise<{ readonly url: URL; close(): void }> {
  const listener = new Listener({ http2, patience: 5000 }, async (visitor) => {
    const { socket, handshake } = visitor.accept([{}]);
    const { agreement, rest } = handshake;
    const peer = new EchoPeer(socket, rules, agreement);
    socket.on('data', (chunk: Buffer) => peer.read(chunk));
    if (rest.length > 0) peer.read(rest);
    socket.resume();
  });
  await listener.listen();
  return { url: new URL(listener.url), close: () => listener.close() };
}
