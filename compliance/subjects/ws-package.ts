import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import type { EchoClient } from './drive.ts';

const maxPayload = 64 * 1024 * 1024;

/** The server of the `ws` package as an echo server, with compression and its own limits but for `maxPayload`. */
export async function serveWithWs(): Promise<{ readonly url: URL; close(): void }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload, perMessageDeflate: true });
  server.on('connection', echo);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : address;
  return {
    url: new URL(`ws://127.0.0.1:${port}`),
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

/** Its client. */
export const wsClient: EchoClient = {
  async echo(url) {
    const socket = new WebSocket(url, { maxPayload, perMessageDeflate: true });
    echo(socket);
    await ended(socket);
  },

  async listen(url) {
    let heard = '';
    const socket = new WebSocket(url);
    socket
      .on('error', () => {})
      .on('message', (data) => {
        heard = String(data);
      });
    await ended(socket);
    return heard;
  },
};

function echo(socket: WebSocket): void {
  socket.on('error', () => {}); // broken frames are what this is for
  socket.on('message', (data, binary) => socket.send(data, { binary }));
}

const ended = (socket: WebSocket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));
