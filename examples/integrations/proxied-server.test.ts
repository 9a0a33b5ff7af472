import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { type Example, startServer } from '../../test/support/example.ts';
import { httpAnswer, upgradeHeaders } from '../../test/support/http-answer.ts';
import { Nginx } from '../../test/support/nginx.ts';
import { connectWs, wsPeer } from '../../test/support/ws-peer.ts';

describe('proxied server, behind nginx', () => {
  let server: Example;
  let nginx: Nginx;
  beforeAll(async () => {
    server = startServer('integrations/proxied-server.ts');
    const { port } = await server.url();
    nginx = await Nginx.start({ upstream: Number(port) });
  });
  afterAll(async () => {
    await nginx?.[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('serves its page over HTTP', async () => {
    expect(await httpAnswer(nginx, '/')).toMatchObject({ status: 200, body: 'a page for 127.0.0.1\n' });
  });

  it('serves its page over HTTPS, which ends at nginx', async () => {
    const answer = await httpAnswer({ port: nginx.securePort, secure: true }, '/');
    expect(answer).toMatchObject({ status: 200, body: 'a page for 127.0.0.1\n' });
  });

  it.each(['ws', 'wss'])('echoes text and 1 MiB over %s:, byte by byte', async (scheme) => {
    const port = scheme === 'ws' ? nginx.port : nginx.securePort;
    const { socket, heard, closed } = await connectWs(`${scheme}://127.0.0.1:${port}/live`);
    expect(await heard.next()).toBe('text hello, 127.0.0.1');
    const bytes = Buffer.alloc(
      1024 * 1024,
      Uint8Array.from({ length: 251 }, (_, index) => index),
    );
    socket.send('grüße 👋');
    socket.send(bytes);
    expect(await heard.next()).toBe('text grüße 👋');
    expect((await heard.next()) === `binary ${bytes.toString('hex')}`).toBe(true);
    socket.close(1000);
    expect(await closed).toBe('1000');
  });

  it('knows a client by the address that nginx sees, whatever the client says of itself', async () => {
    const { socket, heard, closed } = wsPeer(
      new WsClient(`ws://127.0.0.1:${nginx.port}/live`, {
        localAddress: '127.0.0.2',
        headers: { 'X-Forwarded-For': '192.0.2.1' },
      }),
    );
    expect(await heard.next()).toBe('text hello, 127.0.0.2');
    socket.close();
    await closed;
  });

  it('answers an upgrade to another path with 404, which nginx passes on', async () => {
    expect(await httpAnswer(nginx, '/elsewhere', upgradeHeaders)).toMatchObject({ status: 404 });
  });

  it('ends on SIGTERM with exit code 0, and its clients hear 1001 through nginx', async () => {
    const visitors = await Promise.all([1, 2, 3].map(() => connectWs(`ws://127.0.0.1:${nginx.port}/live`)));
    const { code, stdout, stderr } = await server.terminate();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^info handshake\.refused .+\n$/); // the one to another path
    expect(stdout).toContain('127.0.0.2 has left: remote\n');
    expect(await Promise.all(visitors.map(({ closed }) => closed))).toEqual(['1001', '1001', '1001']);
    expect(await httpAnswer(nginx, '/')).toMatchObject({ status: 502 });
  });
});
