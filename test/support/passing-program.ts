/** A program that serves, is its own client, stops both, and has nothing more to do: says `done`, and must end. */
import { connect, defineHandler, listen } from 'genws';

const handler = defineHandler({
  init: () => ['ok', undefined],
  handleIn: () => ['ok', undefined],
});
const server = await listen({ host: '127.0.0.1', handler });
const stayed = await connect(server.url, { handler });
const left = await connect(server.url, { handler });
left.send({ type: 'close', frame: { type: 'close', code: 1000 } });
await left.exited();
await server.drain({ deadline: 5000 });
await stayed.exited();
console.log('done');
