/** An echo server whose sessions on /slow take 50 ms for each message, without keeping the processor busy. */
import { setTimeout } from 'node:timers/promises';
import { defineHandler, listen } from 'genws';

const handler = defineHandler({
  init: ({ path }) => ['ok', path === '/slow'],
  handleIn(frame, slow) {
    if (frame.type !== 'text') return ['ok', slow];
    return slow ? setTimeout(50).then(() => ['reply', frame, slow]) : ['reply', frame, slow];
  },
});

const server = await listen({ port: Number(process.env.PORT ?? 0), handler });
console.log(`listening on ${server.url}`);
