/** Fastify: a page and, at /live, an echo, both for the cookie `session=s3cret` alone. `PORT` (8080) is where. */
import fastify from 'fastify';
import { defineHandler, deny, listen, text } from 'genws';

const users = new Map([['s3cret', 'ann']]);
const userOf = (cookie = '') => users.get(/\bsession=(\w+)/.exec(cookie)?.[1] ?? '');
const app = fastify();
app.addHook('onRequest', async ({ headers }, reply) => {
  if (userOf(headers.cookie) === undefined) return reply.code(401).send('who are you?\n');
});
app.get('/', ({ headers }) => `hello, ${userOf(headers.cookie)}\n`);
app.get('/live', ({ headers }) => userOf(headers.cookie)); // who it is, for the upgrade below
const server = await listen({
  server: app.server,
  path: '/live',
  origins: 'same', // our own pages only: browsers send our cookies from any page
  async authorize({ path, peer }, _signal, incoming) {
    const asked = { path, headers: { ...incoming?.headers }, remoteAddress: peer?.address ?? '' };
    const { statusCode, body } = await app.inject(asked); // by way of all hooks
    return statusCode === 200 ? body : deny(statusCode, { body });
  },
  handler: defineHandler({
    init: (_request, user: string) => ['reply', text(`hello, ${user}`), null],
    handleIn: (frame) => (frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, null] : ['ok', null]),
  }),
});
app.addHook('preClose', () => server.stop());
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 8080) });
console.log(`echo on ${server.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.close());
