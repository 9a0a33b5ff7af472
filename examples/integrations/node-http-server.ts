/** `node:http`: a page and, at /live, an echo, both for the cookie `session=s3cret` alone. `PORT` (8080) is where. */
import { createServer } from 'node:http';
import { defineHandler, deny, listen, text } from 'genws';

const users = new Map([['s3cret', 'ann']]);
const userOf = (cookie = '') => users.get(/\bsession=(\w+)/.exec(cookie)?.[1] ?? '');

const http = createServer(({ url, headers }, response) => {
  const user = userOf(headers.cookie);
  if (user === undefined) response.writeHead(401).end('who are you?\n');
  else if (url === '/') response.end(`hello, ${user}\n`);
  else response.writeHead(404).end('there is no such page\n');
});

const server = await listen({
  server: http,
  path: '/live',
  origins: 'same', // our own pages only: browsers send our cookies from any page
  authorize: ({ headers }) => userOf(headers.joined('cookie')) ?? deny(401, { body: 'who are you?\n' }),
  handler: defineHandler({
    init: (_request, user: string) => ['reply', text(`hello, ${user}`), null],
    handleIn: (frame) => (frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, null] : ['ok', null]),
  }),
});
http.listen(Number(process.env.PORT ?? 8080), () => console.log(`echo on ${server.url}`));

const stop = () => server.stop().then(() => http.close());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
