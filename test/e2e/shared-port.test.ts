import { connect, type ListenOptions, listen, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.ts';

const silent = (): void => {};

/** Says its name to whoever connects, and is done. */
const named = (name: string): ListenOptions<null, unknown, unknown>['handler'] => ({
  init: () => ['reply', [text(name), { type: 'close', code: 1000 }], null],
  handleIn: (_frame, state) => ['ok', state],
});

describe.each([
  { version: 'HTTP/1.1', http2: false, secure: false },
  { version: 'HTTP/2 in cleartext', http2: true, secure: false },
  { version: 'HTTP/2', http2: true, secure: true },
])('servers of ours on one port, over $version', ({ http2, secure }) => {
  it('answer each its own path, and leave the port to the one that opened it', async () => {
    const tls = secure ? await certificate() : undefined;
    const options = { host: '127.0.0.1', tls, http2: true, logger: silent };
    await using first = await listen({ ...options, handler: named('first') });
    const second = await listen({ server: first.http, path: '/second', logger: silent, handler: named('second') });
    await using _third = await listen({ server: first.http, path: '/third', logger: silent, handler: named('third') });

    const greeting = async (path: string): Promise<string> => {
      const heard: string[] = [];
      const session = await connect(new URL(path, first.url), {
        http2,
        tls: { ca: tls?.cert },
        logger: silent,
        handler: {
          init: () => ['ok', null],
          handleIn(frame, state) {
            if (frame.type === 'text') heard.push(frame.data);
            return ['ok', state];
          },
        },
      });
      await session.exited();
      return heard.join();
    };
    expect(await Promise.all(['/', '/second', '/third?room=1', '/else'].map(greeting))).toEqual([
      'first',
      'second',
      'third',
      'first',
    ]);
    await second.stop();
    expect(await second.exited()).toEqual({ type: 'shutdown', reason: 'stop' });
    expect(await Promise.all(['/second', '/third'].map(greeting))).toEqual(['first', 'third']);
  });

  it('end with the one whose port it is, and their sessions with 1001', async () => {
    const tls = secure ? await certificate() : undefined;
    const quiet: ListenOptions<null, unknown, unknown>['handler'] = {
      init: () => ['ok', null],
      handleIn: (_frame, state) => ['ok', state],
    };
    const options = { host: '127.0.0.1', tls, http2: true, logger: silent };
    const first = await listen({ ...options, handler: quiet });
    const second = await listen({ server: first.http, path: '/second', logger: silent, handler: quiet });
    const session = await connect(new URL('/second', first.url), {
      http2,
      tls: { ca: tls?.cert },
      logger: silent,
      handler: quiet,
    });
    await first.stop();
    expect(await session.exited()).toMatchObject({ type: 'remote', code: 1001 });
    expect(await second.exited()).toMatchObject({ type: 'shutdown' });
    expect(first.http.listening).toBe(false);
  });
});
