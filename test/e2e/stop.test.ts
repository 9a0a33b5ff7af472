import { listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { closeFrame, openRaw, openWebSocket, textFrame, upgradeRequest } from '../support/raw-client.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';
import { serveOver } from '../support/wire-server.ts';
import { wires } from '../support/wires.ts';

/** Time for everything that is about to happen anyway. */
async function someTurns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}

describe.each(wires)('stop() of a server over $wire', ({ wire }) => {
  it('tells everyone 1001, and has run every terminate when it settles (RFC 6455 §7.4.1)', async () => {
    const { handler, exits } = createRecording();
    const served = await serveOver(wire, { handler });
    const { server } = served;
    const clients = await Promise.all(Array.from({ length: 20 }, () => served.open()));
    const stopped = server.stop();
    for (const client of clients) {
      const { opcode, payload } = await client.frame();
      expect([opcode, payload.toString('hex')]).toEqual([8, '03e9']);
      await client.write(closeFrame(1001));
    }
    await stopped;
    expect(await exits.take(exits.length)).toEqual(Array(20).fill({ type: 'shutdown', reason: 'stop' }));
    expect(server.sessions.count).toBe(0);
    for (const client of clients) expect(await client.closed).toBe('ended');
  });

  it('says another code and a reason when told to', async () => {
    const served = await serveOver(wire, { handler: echo });
    const { server } = served;
    using client = await served.open();
    const stopped = server.stop({ code: 4000, reason: 'moving house' });
    const { payload } = await client.frame();
    expect([payload.readUInt16BE(), payload.toString('utf8', 2)]).toEqual([4000, 'moving house']);
    client.end();
    await stopped;
  });

  it('takes no new connection from the moment it is called, while old ones are still closing', async () => {
    const served = await serveOver(wire, { handler: echo });
    const { server } = served;
    const { port } = server;
    using client = await served.open();
    const stopped = server.stop();
    await expect(openRaw({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(server.sessions.count).toBe(1);
    await client.write(closeFrame(1001));
    await stopped;
    await expect(openRaw({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('cuts off at the deadline who does not answer the close frame', async () => {
    const { handler, exits } = createRecording();
    const served = await serveOver(wire, { handler, closeTimeout: 60_000 });
    const { server } = served;
    const [deaf, ...polite] = await Promise.all(Array.from({ length: 3 }, () => served.open()));
    const stopped = server.stop({ deadline: 100 });
    for (const client of polite) {
      expect(await client.closeCode()).toBe(1001);
      await client.write(closeFrame(1001));
    }
    expect(await exits.take(2)).toHaveLength(2);
    expect(exits.length).toBe(0);
    await stopped;
    expect(await exits.next()).toEqual({ type: 'shutdown', reason: 'stop' });
    await deaf?.closed;
  });

  it('cuts off at the deadline who does not even read', async () => {
    const { handler, exits, sessions } = createRecording();
    const served = await serveOver(wire, { handler });
    const { server } = served;
    using client = await served.open();
    client.pause();
    const session = await sessions.next();
    session.send({ type: 'info', message: { type: 'binary', data: new Uint8Array(32 * 1024 * 1024) } });
    await someTurns();
    expect(session.buffered).toBeGreaterThan(0);
    await server.stop({ deadline: 100 });
    expect(await exits.next()).toEqual({ type: 'shutdown', reason: 'stop' });
  });

  it.each([
    { title: 'the peer has answered', deadline: 5000 },
    { title: 'the deadline', deadline: 20 },
  ])('waits for a terminate that takes its time, after $title', async ({ deadline }) => {
    const terminating = new Inbox<() => void>();
    const served = await serveOver(wire, {
      handler: { ...echo, terminate: () => new Promise<void>((resolve) => terminating.push(resolve)) },
    });
    const { server } = served;
    using client = await served.open();
    let settled = false;
    const stopped = server.stop({ deadline }).then(() => {
      settled = true;
    });
    expect(await client.closeCode()).toBe(1001);
    if (deadline > 1000) await client.write(closeFrame(1001));
    await client.closed;
    const finish = await terminating.next();
    await someTurns();
    expect(settled).toBe(false);
    finish();
    await stopped;
  });

  it('does not wait for ever: neither for a busy handler nor for a terminate that hangs', async () => {
    const busy = new Inbox<string>();
    const served = await serveOver(wire, {
      closeTimeout: 50,
      handler: {
        init: () => ['ok', undefined],
        handleIn(frame) {
          busy.push(frame.type);
          return new Promise<never>(() => {});
        },
        terminate: () => new Promise<void>(() => {}),
      },
    });
    const { server } = served;
    using client = await served.open();
    await client.write(textFrame('think'));
    await busy.next();
    await server.stop({ deadline: 50 });
    expect(server.sessions.count).toBe(0);
    await client.closed;
  });

  it('can be called again, meanwhile and afterwards: sessions end once', async () => {
    const { handler, exits } = createRecording();
    const served = await serveOver(wire, { handler });
    const { server } = served;
    using client = await served.open();
    const both = [server.stop(), server.stop({ code: 4000 })];
    expect(await client.closeCode()).toBe(1001);
    await client.write(closeFrame(1001));
    await Promise.all(both);
    await server.stop();
    await server.drain();
    expect(exits.length).toBe(1);
    expect(await client.rest()).toHaveLength(0);
  });
});

describe.each(schemes)('stop() of a server over $scheme', ({ secure }) => {
  it('does not wait for connections that are still about their handshake, or keep one alive', async () => {
    const server = await listen({
      ...(await listenWith(secure)),
      handler: echo,
      request: (_request, response) => response.end('page'),
    });
    const where = { port: server.port, secure };
    using _silent = await openRaw(where);
    using _beforeTls = await openRaw({ port: server.port });
    using halfway = await openRaw(where);
    await halfway.write(upgradeRequest().slice(0, 60));
    using keptAlive = await openRaw(where);
    await keptAlive.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await keptAlive.head()).startLine).toBe('HTTP/1.1 200 OK');
    let closed = false;
    server.http.on('close', () => {
      closed = true;
    });
    const began = performance.now();
    await server.stop();
    expect(closed).toBe(true);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(await new Promise((resolve) => server.http.getConnections((_, count) => resolve(count)))).toBe(0);
    await Promise.all([halfway.closed, keptAlive.closed]);
  });

  it('answers 503 to a handshake that becomes complete while it stops', async () => {
    const { handler, requests } = createRecording();
    const server = await listen({ ...(await listenWith(secure)), handler });
    const where = { port: server.port, secure };
    using late = await openRaw(where);
    await late.write(upgradeRequest().slice(0, 60));
    using client = await openWebSocket(where);
    await requests.next();
    const stopped = server.stop();
    expect(await client.closeCode()).toBe(1001);
    await late.write(upgradeRequest().slice(60));
    const { startLine, headers } = await late.head();
    expect([startLine, headers.get('connection')]).toEqual(['HTTP/1.1 503 Service Unavailable', 'close']);
    await late.closed;
    await client.write(closeFrame(1001));
    await stopped;
    expect(requests.length).toBe(0);
  });

  it('is what `await using` does at the end of a block', async () => {
    const { handler, exits } = createRecording();
    let port: number;
    {
      await using server = await listen({ ...(await listenWith(secure)), handler });
      port = server.port;
      const client = await openWebSocket({ port, secure });
      void client.closeCode().then(() => client.end());
    }
    expect(await exits.next()).toEqual({ type: 'shutdown', reason: 'stop' });
    await expect(openRaw({ port, secure })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
