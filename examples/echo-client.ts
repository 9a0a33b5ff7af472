/**
 * Sends one text message and prints what comes back: `node examples/echo-client.ts [url] [text]`.
 * Exit code 0 when something did.
 */
import { realpathSync } from 'node:fs';
import { connect, defineHandler, stop, text } from 'genws';

/**
 * Connect, send a text message, and wait for a text message in return. Rejects when there is none.
 *
 * @param timeout ms to connect, and then to wait. Default 5000
 */
export async function sendAndWait(url: string, message: string, timeout = 5000): Promise<string> {
  const handler = defineHandler({
    init: () => ['reply', text(message), undefined],
    handleIn: (frame) => (frame.type === 'text' ? ['stop', frame.data, undefined] : ['ok', undefined]),
  });
  const session = await connect(url, { handler, timeout });
  const timer = setTimeout(() => stop(session, 'timeout'), timeout);
  const exit = await session.exited(); // a session ends with a reason, and here the reason is the answer
  clearTimeout(timer);
  if (exit.type === 'stop') return String(exit.reason);
  if (exit.type === 'shutdown') throw new Error(`no answer within ${timeout} ms`);
  throw new Error(`the connection ended without an answer: ${exit.type}`);
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
