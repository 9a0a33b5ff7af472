/** Sends a file to whoever connects, at their own pace: `node examples/file-server.ts FILE`. `PORT` (9002) is where. */
import { createReadStream } from 'node:fs';
import { binary, CloseCode, close, defineHandler, listen, type SessionRef, send } from 'genws';

const [path = import.meta.filename] = process.argv.slice(2);

/** Reads no faster than the peer does: about 1 MiB of the file waits in memory, however large it is. */
async function sendFile(session: SessionRef<never>): Promise<void> {
  try {
    for await (const chunk of createReadStream(path, { signal: session.signal })) {
      await send(session, binary(chunk), { slowConsumer: 'wait' });
    }
    close(session);
  } catch {
    close(session, CloseCode.internalError, 'the file cannot be read');
  }
}

const handler = defineHandler({
  init(_request, _opts, self) {
    void sendFile(self);
    return ['ok', undefined];
  },
  handleIn: (_frame, state) => ['ok', state],
});

const server = await listen({ port: Number(process.env.PORT ?? 9002), handler });
console.log(`file server on ${server.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());
