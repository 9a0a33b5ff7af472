import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut: neither end is told, and nothing comes through any more. */
export interface Cable extends AsyncDisposable {
  /** Where to connect instead. */
  readonly port: number;
  cut(): void;
}

/** Lay one to a port of the local machine. */
export async function layCable(to: number): Promise<Cable> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect({ port: to, host: '127.0.0.1' });
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', () => {});
    near.pipe(far).pipe(near);
    sockets.push(near, far);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the cable has no port');
  return {
    port: address.port,
    cut() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
