import type { EchoClient } from './drive.ts';

/** Node's built-in `WebSocket`. */
export const builtInClient: EchoClient = {
  async echo(url) {
    const socket = open(url);
    socket.addEventListener('message', ({ data }) => socket.send(data));
    await ended(socket);
  },

  async listen(url) {
    let heard = '';
    const socket = open(url);
    socket.addEventListener('message', ({ data }) => {
      heard = String(data);
    });
    await ended(socket);
    return heard;
  },
};

function open(url: URL): WebSocket {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  return socket;
}

const ended = (socket: WebSocket): Promise<void> =>
  new Promise((resolve) => socket.addEventListener('close', () => resolve()));
