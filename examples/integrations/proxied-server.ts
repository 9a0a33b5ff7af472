/**
 * Echoes text and binary messages behind a reverse proxy, with nginx.conf for instance, and tells clients their address.
 * `PORT` (8080) is where.
 */
import { defineHandler, listen, text } from 'genws';

const handler = defineHandler({
  init(request) {
    const address = request.headers.joined('x-forwarded-for') ?? 'nowhere';
    return ['reply', text(`hello, ${address}`), address];
  },
  handleIn: (frame, address) =>
    frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, address] : ['ok', address],
  terminate: (reason, address) => console.log(`${address} has left: ${reason.type}`),
});

const server = await listen({
  port: Number(process.env.PORT ?? 8080),
  host: '127.0.0.1', // nobody gets past the proxy, so its headers can be believed
  path: '/live',
  heartbeat: 20_000, // less than the silence after which the proxy drops a connection
  handler,
  request: ({ headers }, response) => response.end(`a page for ${headers['x-forwarded-for']}\n`),
});
console.log(`behind the proxy: ${server.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());
