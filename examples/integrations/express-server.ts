/** Express: a page and, at /live, an echo, both for the cookie `session=s3cret` alone. `PORT` (8080) is where. */
import express, { type RequestHandler } from 'express';
import { defineHandler, deny, listen, text } from 'genws';

const users = new Map([['s3cret', 'ann']]);
const userOf = (cookie = '') => users.get(/\bsession=(\w+)/.exec(cookie)?.[1] ?? '');

const onlyUsers: RequestHandler = (request, response, next) => {
  response.locals.user = userOf(request.headers.cookie);
  if (response.locals.user === undefined) response.status(401).send('who are you?\n');
  else next();
};
const app = express().use(onlyUsers);
app.get('/', (_request, response) => {
  response.send(`hello, ${response.locals.user}\n`);
});

const server = await listen({
  port: Number(process.env.PORT ?? 8080),
  request: app,
  path: '/live',
  origins: 'same', // our own pages only: browsers send our cookies from any page
  authorize: ({ headers }) => userOf(headers.joined('cookie')) ?? deny(401, { body: 'who are you?\n' }),
  handler: defineHandler({
    init: (_request, user: string) => ['reply', text(`hello, ${user}`), null],
    handleIn: (frame) => (frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, null] : ['ok', null]),
  }),
});
console.log(`echo on ${server.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());
