/** As node-http-server.ts, over TLS: the files `TLS_KEY` and `TLS_CERT` say who we are. `PORT` (8443) is where. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { defineHandler, deny, listen, text } from 'genws';

const { PORT = 8443, TLS_KEY = 'key.pem', TLS_CERT = 'cert.pem' } = process.env;
const users = new Map([['s3cret', 'ann']]);
const userOf = (cookie = '') => users.get(/\bsession=(\w+)/.exec(cookie)?.[1] ?? '');

const identity = { key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT) };
const https = createServer(identity, ({ url, headers }, response) => {
  const user = userOf(headers.cookie);
  if (user === undefined) response.writeHead(401).end('who are you?\n');
  else if (url === '/') response.end(`hello, ${user}\n`);
  else response.writeHead(404).end('there is no such page\n');
});
const server = await listen({
  server: https,
  path: '/live',
  origins: 'same', // our own pages only: browsers send our cookies from any page
  authorize: ({ headers }) => userOf(headers.joined('cookie')) ?? deny(401, { body: 'who are you?\n' }),
  handler: defineHandler({
    init: (_request, user: string) => ['reply', text(`hello, ${user}`), null],
    handleIn: (frame) => (frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, null] : ['ok', null]),
  }),
});
https.listen(Number(PORT), () => console.log(`echo on ${server.url}`));
const stop = () => server.stop().then(() => https.close());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
