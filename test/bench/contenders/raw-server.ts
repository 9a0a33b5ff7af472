/** Sends bytes back as they come, and knows nothing of WebSockets: what sockets alone cost in Node.js. */
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { announce } from './announce.ts';

const { PORT = 0, TLS_KEY, TLS_CERT } = process.env;
const secure = TLS_KEY !== undefined && TLS_CERT !== undefined;

function echo(socket: Socket): void {
  socket.setNoDelay();
  socket.on('error', () => {}); // clients may leave as they like
  socket.on('data', (bytes) => socket.write(bytes));
}

const server = secure
  ? createTlsServer({ key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT) }, echo)
  : createServer(echo);

server.listen(Number(PORT), () => announce(server, secure ? 'tls' : 'tcp'));
