import { setImmediate } from 'node:timers/promises';
import { encodeFrame, HeaderMap, text } from '@genws/protocol';
import { startSession } from '@genws/session';
import { defineHandler } from 'genws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { tcpPair, tlsPair } from '../transport/socket-pairs.ts';

const count = 20;

expectNoStrayErrors();
afterEach(() => void vi.restoreAllMocks());

/** Sessions that echo, each over a connection of its own, and what they did, in its order. */
async function startEchoes(pair: typeof tcpPair) {
  const journal: string[] = [];
  const handler = defineHandler({
    init: () => ['ok', undefined],
    handleIn(frame) {
      journal.push('handled');
      return frame.type === 'text' ? ['reply', frame, undefined] : ['ok', undefined];
    },
  });
  const pairs = await Promise.all(Array.from({ length: count }, () => pair('server')));
  for (const { near: transport } of pairs) {
    const send = transport.send.bind(transport);
    vi.spyOn(transport, 'send').mockImplementation((chunks) => {
      journal.push('written');
      send(chunks);
    });
    const request = { method: 'GET', path: '/', headers: new HeaderMap() };
    startSession({ role: 'server', transport, handler, handlerOpts: undefined, request }).send({ type: 'activate' });
  }
  return { pairs, journal };
}

describe.each([
  ['TCP', tcpPair],
  ['TLS', tlsPair],
])('what sessions over %s have to say after one iteration of the event loop', (_, pair) => {
  it('is written when all that were ready have been read, each answer in one write', async () => {
    vi.spyOn(performance, 'now').mockReturnValue(performance.now()); // turns are short, whatever the machine does
    const { pairs, journal } = await startEchoes(pair);
    const frames = Buffer.concat([encodeFrame(text('one'), 'client'), encodeFrame(text('two'), 'client')]);
    for (let iteration = 0; iteration < 3; iteration++) {
      await setImmediate();
      for (const { far } of pairs) void far.write(frames);
      const expected = (iteration + 1) * 3 * count;
      await expect.poll(() => journal.length, { interval: 1 }).toBe(expected);
    }
    const turn = [
      ...Array.from({ length: 2 * count }, () => 'handled'),
      ...Array.from({ length: count }, () => 'written'),
    ];
    expect(journal.slice(3 * count)).toEqual([...turn, ...turn]); // the first answers are written as each session makes its outbox
    for (const { near, close } of pairs) {
      near.abort();
      await close?.();
    }
  });
});
