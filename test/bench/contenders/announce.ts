import type { Server } from 'node:net';

/** Print the line by which a server tells where it listens. */
export function announce(server: Server, scheme: string): void {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  console.log(`listening on ${scheme}://localhost:${address.port}`);
}
