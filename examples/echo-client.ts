/**
 * Sends one text message and prints what comes back: `node examples/echo-client.ts [url] [text]`.
 * The exit code is 0 when something did, else 1.
 */
import { realpathSync } from 'node:fs';
import { close, connect, defineHandler, text } from 'genws';

/**
 * Connect, send a text message, and wait for a text message in return. Rejects when there is none.
 *
 * @param timeout ms to connect, and as many again to wait. Default 5000
 */
export async function sendAndWait(url: string, message: string, timeout = 5000): Promise<string> {
  const answer = Promise.withResolvers<string>();
  const handler = defineHandler({
    init: () => ['reply', text(message), undefined],
    handleIn(frame, state) {
      if (frame.type === 'text') answer.resolve(frame.data);
      return ['ok', state];
    },
    terminate: (reason) => answer.reject(new Error(`the connection ended without an answer: ${reason.type}`)),
  });
  const session = await connect(url, { handler, timeout });
  const timer = setTimeout(() => answer.reject(new Error(`no answer within ${timeout} ms`)), timeout);
  try {
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    close(session);
  }
}

if (realpathSync(process.argv[1] ?? '.') === import.meta.filename) {
  const [url = 'ws://localhost:9001', message = 'hello, echo'] = process.argv.slice(2);
  try {
    console.log(await sendAndWait(url, message));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
