import { beforeAll, describe, expect, it } from 'vitest';
import { manuals } from './markdown.ts';
import { compileSamples, runSample, runServer, samplesOf, writeSamples } from './sample.ts';

const samples = manuals().flatMap(samplesOf);

beforeAll(() => writeSamples(samples));

/** Two clients of a server that says to all what one says. */
async function visit(url: string): Promise<void> {
  const [speaker, listener] = await Promise.all([open(url), open(url)]);
  const heard = Promise.all([nextMessage(speaker), nextMessage(listener)]);
  speaker.send('hello');
  expect(await heard).toEqual(['hello', 'hello']);
  const codes = Promise.all([closeCode(speaker), closeCode(listener)]);
  speaker.close(1000);
  listener.close(1000);
  expect(await codes).toEqual([1000, 1000]);
}

function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(socket));
    socket.addEventListener('error', reject);
  });
}

const nextMessage = (socket: WebSocket): Promise<unknown> =>
  new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data), { once: true }));

const closeCode = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => socket.addEventListener('close', ({ code }) => resolve(code), { once: true }));

describe.concurrent('every sample of the documentation', () => {
  it('compiles with the settings of the house', async ({ expect }) => {
    expect(await compileSamples()).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.each(samples.filter(({ server }) => !server))(
    '$name prints what stands below it, and nothing else',
    async (sample) => {
      expect(await runSample(sample)).toEqual({ status: 0, stdout: sample.output, stderr: '' });
    },
  );

  it.each(samples.filter(({ server }) => server))('$name serves, fans out, and ends when asked to', async (sample) => {
    expect(await runServer(sample, visit)).toMatchObject({ status: 0, stderr: '' });
  });
});
