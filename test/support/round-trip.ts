import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * A byte there and back over a socket of its own, a few times: whatever this process had written to its sockets before
 * has been read by then, where it is read at all.
 */
export async function roundTrip(times = 3): Promise<void> {
  const server = createServer((socket) => socket.pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const socket = connect({ port: address.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  for (let i = 0; i < times; i++) {
    socket.write('x');
    await once(socket, 'data');
  }
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
