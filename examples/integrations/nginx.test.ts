import { close, listen } from 'genws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Nginx } from '../../test/support/nginx.ts';
import { openWebSocket } from '../../test/support/raw-client.ts';
import { createRecording } from '../../test/support/recording.ts';
import { connectWs } from '../../test/support/ws-peer.ts';

/** A server that records, behind an nginx, which drops a connection after a second of silence where the test says so. */
async function proxied(options: { readonly heartbeat?: number } = {}, readTimeout?: number) {
  const { handler, ...recording } = createRecording({ echoes: true });
  const server = await listen({ host: '127.0.0.1', handler, logger: () => {}, ...options });
  const nginx = await Nginx.start({ upstream: server.port, ...(readTimeout === undefined ? {} : { readTimeout }) });
  onTestFinished(async () => {
    await nginx[Symbol.asyncDispose]();
    await server.stop({ deadline: 0 });
  });
  return { ...recording, port: nginx.port, url: `ws://127.0.0.1:${nginx.port}/` };
}

/** How a session ends whose peer has gone without a close frame. */
const lost = { type: 'error', error: 'closed' };

describe('nginx between a client and a session', () => {
  it('passes close codes on both ways (RFC 6455 §7.1.5)', async () => {
    const proxy = await proxied();
    const leaves = await connectWs(proxy.url);
    await proxy.sessions.next();
    leaves.socket.close(4001, 'bye');
    expect(await proxy.exits.next()).toEqual({ type: 'remote', code: 4001, reason: 'bye' });
    expect(await leaves.closed).toBe('4001');
    const stays = await connectWs(proxy.url);
    close(await proxy.sessions.next(), 4002, 'over');
    expect(await stays.closed).toBe('4002 over');
    expect(await proxy.exits.next()).toEqual({ type: 'normal' });
  });

  it.each(['end', 'reset'] as const)(
    'tells the session of a client that ends without a close frame: %s',
    async (how) => {
      const proxy = await proxied();
      using client = await openWebSocket(proxy);
      await proxy.sessions.next();
      client[how]();
      expect(await proxy.exits.next()).toEqual(lost);
    },
  );

  it('drops what is silent for proxy_read_timeout, which the session hears of', async () => {
    const proxy = await proxied({}, 1);
    const { closed } = await connectWs(proxy.url);
    expect(await proxy.exits.next()).toEqual(lost);
    expect(await closed).toBe('1006');
  });

  it('keeps what has a heartbeat shorter than proxy_read_timeout (RFC 6455 §5.5.2)', async () => {
    const proxy = await proxied({ heartbeat: 300 }, 1);
    const { socket, heard } = await connectWs(proxy.url);
    expect(await heard.take(5)).toEqual(Array.from({ length: 5 }, () => expect.stringMatching(/^ping /)));
    socket.send('still here');
    expect(await heard.next()).toBe('text still here');
    expect(proxy.exits.length).toBe(0);
  });
});
