/**
 * Sends each line that is typed and prints what comes back: `node examples/resilient-client.ts [url]`. Kill the server
 * and start it again: what was typed meanwhile arrives when it is back.
 */
import { createInterface } from 'node:readline';
import { close, defineHandler, queue, send, startClient, text } from 'genws';

const handler = defineHandler({
  init({ attempt }) {
    console.log(`connected by attempt ${attempt}`);
    return ['ok', null];
  },
  handleIn(frame, state) {
    if (frame.type === 'text') console.log(frame.data);
    return ['ok', state];
  },
  terminate: (reason) => console.log(`disconnected: ${reason.type}`),
});

const [url = 'ws://localhost:9001'] = process.argv.slice(2);
const client = startClient(url, { handler, whileDown: queue(), backoff: { initial: 100, max: 2000 } });
const lines = createInterface({ input: process.stdin }).on('line', (line) => send(client, text(line)));
lines.once('close', () => close(client));

const reason = await client.exited();
lines.close();
process.exitCode = reason.type === 'normal' ? 0 : 1;
