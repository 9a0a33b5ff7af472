/**
 * Echoes text and binary messages; connections to /fanout hear what any of them says. `PORT` (9001) is where; with
 * `COMPRESS=1` messages are compressed for clients that offer it; with the files `TLS_KEY` and `TLS_CERT` it is `wss:`;
 * with `HTTP2=1` it speaks HTTP/2 as well.
 */
import { readFileSync } from 'node:fs';
import { broadcast, createGroup, defineHandler, join, listen, type PreparedFrame, prepare } from 'genws';

const fanout = createGroup<PreparedFrame>();

const handler = defineHandler({
  init(request, _opts, self) {
    const inGroup = request.path === '/fanout';
    if (inGroup) join(fanout, self);
    return ['ok', inGroup];
  },
  handleIn(frame, inGroup) {
    if (frame.type !== 'text' && frame.type !== 'binary') return ['ok', inGroup];
    if (!inGroup) return ['reply', frame, inGroup];
    broadcast(fanout, prepare(frame)); // encoded once, sent to all
    return ['ok', inGroup];
  },
  handleInfo: (frame: PreparedFrame, inGroup) => ['reply', frame, inGroup],
});

const mebibyte = 1024 * 1024;
const { PORT = 9001, COMPRESS, HTTP2, TLS_KEY, TLS_CERT } = process.env;
const secure = TLS_KEY !== undefined && TLS_CERT !== undefined;

const server = await listen({
  port: Number(PORT),
  handler,
  tls: secure ? { key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT) } : undefined,
  http2: HTTP2 === '1',
  compress: COMPRESS === '1' && { level: 1, offload: mebibyte }, // an echo is worth little effort
  limits: { maxFrame: 64 * mebibyte, maxMessage: 64 * mebibyte },
});
console.log(`echo server on ${server.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());
