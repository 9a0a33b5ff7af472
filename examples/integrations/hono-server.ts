/** Hono: a page and, at /live, an echo, both for the cookie `session=s3cret` alone. `PORT` (8080) is where. */
import { getRequestListener } from '@hono/node-server';
import { defineHandler, deny, listen, text } from 'genws';
import { Hono } from 'hono';
import { getCookie } from 'hono/cookie';

const users = new Map([['s3cret', 'ann']]);
const app = new Hono<{ Variables: { user: string | undefined } }>();
app.use(async (context, next) => {
  context.set('user', users.get(getCookie(context, 'session') ?? ''));
  return context.var.user === undefined ? context.text('who are you?\n', 401) : next();
});
app.get('/', (context) => context.text(`hello, ${context.var.user}\n`));
app.get('/live', (context) => context.text(context.var.user ?? '')); // asked below, by way of all middleware
const server = await listen({
  port: Number(process.env.PORT ?? 8080),
  request: getRequestListener(app.fetch),
  path: '/live',
  origins: 'same', // our own pages only: browsers send our cookies from any page
  async authorize({ path, headers }) {
    const answer = await app.request(path, { headers: [...headers.pairs()] });
    return answer.ok ? answer.text() : deny(answer.status, { body: await answer.text() });
  },
  handler: defineHandler({
    init: (_request, user: string) => ['reply', text(`hello, ${user}`), null],
    handleIn: (frame) => (frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, null] : ['ok', null]),
  }),
});
console.log(`echo on ${server.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());
