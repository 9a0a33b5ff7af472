import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { FrameDecoder } from '@genws/protocol';
import { defaultLimits } from '@genws/session';
import { accept, defineHandler, HeaderMap, SocketTransport, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { h2cPair } from './http2-pairs.ts';
import { tcpPair, tlsPair } from './socket-pairs.ts';

expectNoStrayErrors();

describe('what a session has written', () => {
  it('stays as it was in a stream that passes the very bytes on, and says at once that it has written them', async () => {
    const passedOn: Uint8Array[] = [];
    const stream = new Duplex({
      read() {},
      write(bytes: Uint8Array, _encoding, written) {
        passedOn.push(bytes);
        written();
      },
    });
    const session = accept({
      transport: new SocketTransport(stream),
      handler: defineHandler({ init: () => ['ok', 0], handleIn: () => ['ok', 0] }),
      request: { method: 'GET', path: '/', headers: new HeaderMap() },
    });
    await setImmediate();
    for (const word of ['one', 'two', 'three']) {
      send(session, text(word));
      await setImmediate();
    }
    const decoder = new FrameDecoder({ role: 'client', limits: defaultLimits });
    const words: unknown[] = [];
    for (const bytes of passedOn) {
      decoder.push(bytes);
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next())
        words.push('data' in frame && frame.data);
    }
    expect(words).toEqual(['one', 'two', 'three']);
    session.stop();
  });

  it.each([
    ['a TCP socket that takes it', true, () => tcpPair('server'), [[1000]]],
    ['a TCP socket that does not take it all', false, () => tcpPair('server'), [[100_000_000]]],
    ['a TLS socket that has nothing else to send', true, () => tlsPair('server'), [[1000]]],
    ['a TLS socket that has nothing else to send than these pieces', true, () => tlsPair('server'), [[10, 1000]]],
    ['a TLS socket that has something else to send', false, () => tlsPair('server'), [[1000], [1000]]],
    ['a stream of HTTP/2', false, () => h2cPair('server', 'error'), [[1000]]],
  ])('may be written over where it is %s: %o', async (_, copied, makePair, sends) => {
    const { near, close } = await makePair();
    near.handOver(() => {});
    for (const sizes of sends) near.send(sizes.map((size) => new Uint8Array(size)));
    expect(near.copied === true).toBe(copied);
    near.abort();
    await close?.();
  });
});
