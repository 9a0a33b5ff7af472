/**
 * The `ws` package with the settings its documents advise, doing what {@link file://../../../examples/echo-server.ts}
 * does, with the same environment: `PORT`, `COMPRESS=1`, `TLS_KEY` and `TLS_CERT`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { WebSocket, WebSocketServer } from 'ws';
import { announce } from './announce.ts';

const { PORT = 0, COMPRESS, TLS_KEY, TLS_CERT } = process.env;
const secure = TLS_KEY !== undefined && TLS_CERT !== undefined;
const server = secure ? createTlsServer({ key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT) }) : createServer();

const sockets = new WebSocketServer({
  server,
  maxPayload: 64 * 1024 * 1024,
  // Level 1 and windows that are kept, as the echo server has it; its threshold is 1024 by default too.
  perMessageDeflate: COMPRESS === '1' && { zlibDeflateOptions: { level: 1 }, threshold: 1024 },
});

const fanout = new Set<WebSocket>();

sockets.on('connection', (socket, request) => {
  socket.on('error', () => {}); // clients may leave as they like
  if (request.url !== '/fanout') {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    return;
  }
  fanout.add(socket);
  socket.on('close', () => fanout.delete(socket));
  socket.on('message', (data, isBinary) => {
    for (const member of fanout) {
      if (member.readyState === WebSocket.OPEN) member.send(data, { binary: isBinary });
    }
  });
});

server.listen(Number(PORT), () => announce(server, secure ? 'wss' : 'ws'));
