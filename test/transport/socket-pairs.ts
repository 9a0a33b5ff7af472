import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { streamPeer, type TransportPair } from '@genws/session/testing';
import { SocketTransport } from 'genws';
import { certificate } from '../support/certificate.ts';

/** Which side of the connection the transport is. */
export type NearSide = 'server' | 'client';

/** The two ends of a TCP connection over loopback, as an HTTP server and a client have them. */
interface SocketEnds {
  readonly accepted: Socket;
  readonly connected: Socket;
  readonly close: () => void;
}

/** Open a TCP connection. Ends are left half-open, as HTTP servers leave theirs. */
async function openSockets(): Promise<SocketEnds> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connected = connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true });
  const accepting: Promise<Socket[]> = once(server, 'connection');
  const [[accepted]] = await Promise.all([accepting, once(connected, 'connect')]);
  if (accepted === undefined) throw new Error('nobody has connected');
  const close = (): void => {
    accepted.destroy();
    connected.destroy();
    server.close();
  };
  return { accepted, connected, close };
}

function portOf(server: Server): number {
  const address: string | AddressInfo | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** A socket transport over TCP. */
export async function tcpPair(side: NearSide): Promise<TransportPair> {
  const { accepted, connected, close } = await openSockets();
  const [near, far] = side === 'server' ? [accepted, connected] : [connected, accepted];
  return { near: new SocketTransport(near), far: streamPeer(far, () => far.resetAndDestroy()), close };
}

/** A socket transport over TLS. What breaks is the TCP connection below. */
export async function tlsPair(side: NearSide): Promise<TransportPair> {
  const { accepted, connected, close } = await openSockets();
  const { key, cert } = await certificate();
  const server = new TLSSocket(accepted, { isServer: true, key, cert });
  const client = connectTls({ socket: connected, ca: cert, host: 'localhost' });
  // The server's session tickets are the last of the handshake (RFC 8446 §4.6.1): a break before them looks like an end.
  await Promise.all([once(server, 'secure'), once(client, 'session')]);
  const [near, far, below] = side === 'server' ? [server, client, connected] : [client, server, accepted];
  return { near: new SocketTransport(near), far: streamPeer(far, () => below.resetAndDestroy()), close };
}
