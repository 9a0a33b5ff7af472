import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';

/** The whole of it: a path that is not here does not exist, however it is spelt. */
const files = new Map([
  ['/', file('index.html', 'text/html')],
  ['/chat.css', file('chat.css', 'text/css')],
  ['/chat.js', file('chat.js', 'text/javascript')],
  ['/connection.js', file('connection.js', 'text/javascript')],
  ['/log.js', file('log.js', 'text/javascript')],
  ['/icon.svg', file('icon.svg', 'image/svg+xml')],
]);

function file(name: string, type: string) {
  return { type: `${type}; charset=utf-8`, content: readFileSync(join(import.meta.dirname, name)) };
}

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
};

/** Answers with the chat's page and what belongs to it. */
export const servePage: RequestListener = ({ method, url = '/' }, response) => {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  const found = files.get(url.split('?', 1)[0] ?? url);
  if (found === undefined) {
    response
      .writeHead(404, { ...headers, 'Content-Type': 'text/plain; charset=utf-8' })
      .end('There is no such page.\n');
    return;
  }
  response.writeHead(200, { ...headers, 'Content-Type': found.type, 'Content-Length': found.content.length });
  response.end(found.content);
};
