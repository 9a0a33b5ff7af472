/**
 * A client under test: `node compliance/client.ts ws://HOST:PORT [agent] [at-once] [--http2]`. It asks a fuzzing server how
 * many cases there are, runs each as an echo client, `at-once` (1) of them at the same time, and has the reports written.
 */
import { parseArgs } from 'node:util';
import { connect, defineHandler } from 'genws';
import { drive } from './subjects/drive.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { http2: { type: 'boolean', default: false } },
});
const [server, agent = 'genws', atOnce = '1'] = positionals;

const mebibyte = 1024 * 1024;
const options = {
  compress: { level: 1, offload: mebibyte }, // an echo is worth little effort
  limits: { maxFrame: 64 * mebibyte, maxMessage: 64 * mebibyte },
  http2: values.http2,
  logger: () => {}, // broken frames are what this is for
};

const echo = defineHandler({
  init: () => ['ok', undefined],
  handleIn: (frame, state) =>
    frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, state] : ['ok', state],
});

const client = {
  async echo(url: URL): Promise<void> {
    const session = await connect(url, { ...options, handler: echo });
    await session.exited();
  },

  async listen(url: URL): Promise<string> {
    let heard = '';
    const handler = defineHandler({
      init: () => ['ok', undefined],
      handleIn(frame, state) {
        if (frame.type === 'text') heard = frame.data;
        return ['ok', state];
      },
    });
    const session = await connect(url, { ...options, handler });
    await session.exited();
    return heard;
  },
};

if (server === undefined || !URL.canParse(server)) {
  console.error('usage: node compliance/client.ts ws://HOST:PORT [agent] [at-once] [--http2]');
  process.exitCode = 2;
} else {
  const count = await drive(client, server, agent, Number(atOnce));
  console.log(`${count} cases run as ${agent}`);
}
