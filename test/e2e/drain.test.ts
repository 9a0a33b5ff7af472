import { listen } from 'genws';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startHttp } from '../support/http-server.ts';
import { Inbox } from '../support/inbox.ts';
import { closeFrame, openRaw, openWebSocket, upgradeRequest } from '../support/raw-client.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';
import { serveOver } from '../support/wire-server.ts';
import { wires } from '../support/wires.ts';

describe.each(wires)('drain() of a server over $wire', ({ wire }) => {
  it('tells the sessions 1012 in batches with pauses between, then stops', async () => {
    const { handler, exits } = createRecording();
    const served = await serveOver(wire, { handler });
    const { server } = served;
    const { port } = server;
    const clients = await Promise.all(Array.from({ length: 7 }, () => served.open()));
    const openLeft = new Inbox<number>();
    for (const client of clients) {
      void client.closeCode().then(async (code) => {
        expect(code).toBe(1012);
        openLeft.push([...server.sessions.children()].filter(({ state }) => state === 'open').length);
        await client.write(closeFrame(1012));
      });
    }
    const began = performance.now();
    await server.drain({ batch: 3, interval: 150, jitter: 0 });
    expect(performance.now() - began).toBeGreaterThan(2 * 145);
    expect(await openLeft.take(7)).toEqual([4, 4, 4, 1, 1, 1, 0]);
    expect(await exits.take(exits.length)).toEqual(Array(7).fill({ type: 'shutdown', reason: 'drain' }));
    await expect(openRaw({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('lengthens each pause at random by up to the jitter', async () => {
    const served = await serveOver(wire, { handler: echo });
    const { server } = served;
    const clients = [await served.open(), await served.open()];
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    onTestFinished(() => random.mockRestore());
    const began = performance.now();
    const drained = server.drain({ batch: 1, interval: 50, jitter: 300 });
    for (const client of clients) expect(await client.closeCode()).toBe(1012);
    expect(performance.now() - began).toBeGreaterThan(195);
    for (const client of clients) client.end();
    await drained;
  });

  it('cuts off at the deadline after the last batch who has not left', async () => {
    const { handler, exits } = createRecording();
    const served = await serveOver(wire, { handler, closeTimeout: 60_000 });
    const { server } = served;
    using client = await served.open();
    await server.drain({ deadline: 50 });
    expect(await exits.next()).toEqual({ type: 'shutdown', reason: 'drain' });
    await client.closed;
  });

  it('is cut short by stop(): who has not been told yet hears 1001 now, and both settle', async () => {
    const { handler, exits } = createRecording();
    const served = await serveOver(wire, { handler });
    const { server } = served;
    const clients = [await served.open(), await served.open(), await served.open()];
    const drained = server.drain({ batch: 1, interval: 600_000 });
    expect(await clients[0]?.closeCode()).toBe(1012);
    const stopped = server.stop();
    expect([await clients[1]?.closeCode(), await clients[2]?.closeCode()]).toEqual([1001, 1001]);
    for (const client of clients) client.end();
    await Promise.all([stopped, drained]);
    expect((await exits.take(3)).map((exit) => (exit.type === 'shutdown' ? exit.reason : exit.type)).sort()).toEqual([
      'drain',
      'stop',
      'stop',
    ]);
  });

  it('does not count who has left by themselves', async () => {
    const served = await serveOver(wire, { handler: echo });
    const { server } = served;
    const [first, gone, last] = [await served.open(), await served.open(), await served.open()];
    const began = performance.now();
    const drained = server.drain({ batch: 1, interval: 250, jitter: 0 });
    gone.end();
    expect(await first.closeCode()).toBe(1012);
    expect(await last.closeCode()).toBe(1012);
    expect(performance.now() - began).toBeLessThan(480); // one pause, not two
    first.end();
    last.end();
    await drained;
  });

  it('is over when everybody has left by themselves, whatever pauses were planned', async () => {
    const served = await serveOver(wire, { handler: echo });
    const { server } = served;
    const { port } = server;
    const clients = [await served.open(), await served.open()];
    const drained = server.drain({ batch: 1, interval: 600_000 });
    for (const client of clients) client.end();
    await drained;
    await expect(openRaw({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe.each(schemes)('drain() of a server over $scheme', ({ secure }) => {
  it('answers upgrades 503 with Retry-After and goes on serving pages until all have left (RFC 9110 §10.2.3)', async () => {
    const { handler, requests } = createRecording();
    const server = await listen({
      ...(await listenWith(secure)),
      handler,
      request: (_request, response) => response.end('still here'),
    });
    const where = { port: server.port, secure };
    using client = await openWebSocket(where);
    await requests.next();
    const drained = server.drain({ code: 4001, reason: 'come back' });
    const { payload } = await client.frame();
    expect([payload.readUInt16BE(), payload.toString('utf8', 2)]).toEqual([4001, 'come back']);
    for (let i = 0; i < 3; i++) {
      using late = await openRaw(where);
      await late.write(upgradeRequest());
      const { startLine, headers } = await late.head();
      expect(startLine).toBe('HTTP/1.1 503 Service Unavailable');
      expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(await late.closed).toBe('ended');
      using visitor = await openRaw(where);
      await visitor.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      expect((await visitor.head()).startLine).toBe('HTTP/1.1 200 OK');
    }
    expect(requests.length).toBe(0);
    await client.write(closeFrame(4001));
    await drained;
  });

  it('stops at once where nobody is connected, and can be called again', async () => {
    const server = await listen({ ...(await listenWith(secure)), handler: echo });
    await Promise.all([server.drain({ interval: 600_000 }), server.drain()]);
    await server.drain();
  });

  it('of an attached server leaves the other in service', async () => {
    await using own = await startHttp(secure);
    const server = await listen({ server: own.http, path: '/chat', handler: echo });
    using client = await openWebSocket({ ...own, secure }, { path: '/chat' });
    const drained = server.drain();
    expect(await client.closeCode()).toBe(1012);
    client.end();
    await drained;
    using visitor = await openRaw({ ...own, secure });
    await visitor.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await visitor.head()).startLine).toBe('HTTP/1.1 200 OK');
  });
});
