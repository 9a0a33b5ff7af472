import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { shakeHandsAsServer } from '../wire/handshake.ts';
import { readHead } from '../wire/http-head.ts';
import { EchoPeer } from './echo-peer.ts';
import type { Rules } from './rules.ts';

/** An echo server that minds these rules. */
export async function serveEcho(rules: Rules): Promise<{ readonly url: URL; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
    serve(socket, rules).catch(() => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : address;
  return {
    url: new URL(`ws://127.0.0.1:${port}`),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function serve(socket: Socket, rules: Rules): Promise<void> {
  const request = await readHead(socket, 5000);
  const { agreement, rest } = shakeHandsAsServer(socket, request, [{}]);
  const peer = new EchoPeer(socket, rules, agreement);
  socket.on('data', (chunk: Buffer) => peer.read(chunk));
  if (rest.length > 0) peer.read(rest);
  socket.resume();
}
