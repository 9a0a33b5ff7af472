import { once } from 'node:events';
import type { Socket } from 'node:net';
import { binary, connect, type ListenOptions, listen, type SessionExit } from 'genws';
import { describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { startFakeServer, switching } from '../support/fake-server.ts';
import { Inbox } from '../support/inbox.ts';
import { closeFrame, openRaw, openWebSocket, textFrame, upgradeRequest } from '../support/raw-client.ts';
import { fromClient, rawFrame } from '../support/raw-frame.ts';
import { createRecording, echo, recordReports } from '../support/recording.ts';
import { expectServing, listenWith, schemes } from '../support/serving.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

describe.each(schemes)('a peer that vanishes from a server over $scheme', ({ secure }) => {
  const serve = async (options: Partial<ListenOptions<never, never, never>> = {}) => {
    const { handler, ...recording } = createRecording();
    const { logger, reports } = recordReports();
    const server = await listen({ ...(await listenWith(secure)), ...options, handler, logger });
    return { server, where: { port: server.port, secure }, reports, ...recording };
  };

  const broken = expect.objectContaining({
    type: 'transportError',
    cause: expect.objectContaining({ code: 'ECONNRESET' }),
  });

  it('F05: by FIN without a close frame: terminate hears `closed`, nobody is alarmed', async () => {
    const { server, where, reports, exits } = await serve();
    await using _ = server;
    const client = await openWebSocket(where);
    client.end();
    expect(await exits.next()).toEqual({ type: 'error', error: 'closed' });
    expect(await client.closed).toBe('ended');
    expect(reports).toEqual([]);
    await expectServing(server, secure);
  });

  it('F12: by FIN below TLS, without a close_notify: the same (RFC 8446 §6.1)', async () => {
    const { server, where, reports, exits } = await serve();
    await using _ = server;
    const client = await openWebSocket(where);
    client.hangUp();
    expect(await exits.next()).toEqual({ type: 'error', error: 'closed' });
    expect(reports).toEqual([]);
    await expectServing(server, secure);
  });

  it('F05: by FIN within a frame: the same, and nothing of it is delivered', async () => {
    const { server, where, exits, frames } = await serve();
    await using _ = server;
    const client = await openWebSocket(where);
    client.socket.end(textFrame('half a message').subarray(0, 9));
    expect(await exits.next()).toEqual({ type: 'error', error: 'closed' });
    expect(frames.length).toBe(0);
  });

  it('F05: by FIN right behind a message: it is answered first, into the half that is still open', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    const client = await openWebSocket({ port: server.port, secure, allowHalfOpen: true });
    client.socket.end(Buffer.concat([textFrame('last'), textFrame('words')]));
    expect([await client.text(), await client.text()]).toEqual(['last', 'words']);
    expect(await client.rest()).toHaveLength(0);
    expect(await client.closed).toBe('ended');
  });

  it('F05: by FIN right behind its close frame: it is answered and closed', async () => {
    const { server, where, exits } = await serve();
    await using _ = server;
    const client = await openWebSocket({ ...where, allowHalfOpen: true });
    client.socket.end(closeFrame(4000));
    expect(await client.closeCode()).toBe(4000);
    expect(await client.closed).toBe('ended');
    expect(await exits.next()).toMatchObject({ type: 'remote', code: 4000 });
  });

  it('F05: by FIN while much is on its way to it: what is sent afterwards is dropped, what was sent arrives', async () => {
    const { server, where, exits, sessions } = await serve({ limits: { highWater: 2 ** 30 } });
    await using _ = server;
    const accepted = once(server.http, secure ? 'secureConnection' : 'connection');
    const client = await openWebSocket({ ...where, allowHalfOpen: true });
    const [socket]: Socket[] = await accepted;
    client.socket.pause();
    const session = await sessions.next();
    const much = new Uint8Array(16 * 1024 * 1024);
    session.send({ type: 'info', message: binary(much) });
    client.socket.end(textFrame('bye'));
    while (session.state === 'open') await new Promise(setImmediate);
    expect(socket?.writable).toBe(true);
    session.send({ type: 'info', message: binary(new Uint8Array(1024)) });
    client.socket.resume();
    expect((await client.frame()).payload.length).toBe(much.length);
    expect(await client.rest()).toHaveLength(0);
    expect(await exits.next()).toEqual({ type: 'error', error: 'closed' });
  });

  it('F06: by RST within a frame: terminate hears of ECONNRESET, the log of nothing above debug', async () => {
    const { server, where, reports, exits, sessions } = await serve();
    await using _ = server;
    const client = await openWebSocket(where);
    await client.write(textFrame('half a message').subarray(0, 9));
    const session = await sessions.next();
    client.reset();
    expect(await exits.next()).toEqual(broken);
    expect(await session.exited()).toEqual(broken);
    expect(reports.filter(({ level }) => level !== 'debug')).toEqual([]);
    await expectServing(server, secure);
  });

  it('F06: by RST while much is being written to it', async () => {
    const { server, where, exits, sessions, reports } = await serve();
    await using _ = server;
    const client = await openWebSocket(where);
    client.socket.pause();
    const session = await sessions.next();
    session.send({ type: 'info', message: binary(new Uint8Array(16 * 1024 * 1024)) });
    client.reset();
    expect(await exits.next()).toMatchObject({ type: 'transportError' });
    session.send({ type: 'info', message: binary(new Uint8Array(1024)) });
    expect(exits.length).toBe(0);
    expect(reports.filter(({ level }) => level !== 'debug')).toEqual([]);
    await expectServing(server, secure);
  });

  it('F06: by RST instead of an answer to our close frame', async () => {
    const { server, where, exits, sessions } = await serve();
    await using _ = server;
    const client = await openWebSocket(where);
    (await sessions.next()).send({ type: 'close', frame: { type: 'close', code: 1000 } });
    expect(await client.closeCode()).toBe(1000);
    client.reset();
    expect(await exits.next()).toEqual(broken);
    await server.sessions.empty();
  });

  it('A18: by RST at any moment of its handshake: at most one session, one terminate', async () => {
    const { server, where, requests, exits } = await serve();
    await using _ = server;
    const request = upgradeRequest();
    for (let i = 0; i < 50; i++) {
      const client = await openRaw(where);
      client.socket.write(request.slice(0, Math.ceil((request.length * i) / 25))); // half of them complete
      for (let turns = i % 5; turns > 0; turns--) await new Promise(setImmediate);
      client.reset();
    }
    await expectServing(server, secure);
    await server.sessions.empty();
    expect(exits.length).toBe(requests.length);
    expect(exits.length).toBeGreaterThan(1);
  });

  it('A18: by RST while init takes its time: its terminate follows its init', async () => {
    const begun = new Inbox<() => void>();
    const exits = new Inbox<SessionExit>();
    await using server = await listen({
      ...(await listenWith(secure)),
      logger: () => {},
      handler: {
        async init() {
          await new Promise<void>((resolve) => begun.push(resolve));
          return ['ok', 'state'];
        },
        handleIn: (_frame, state) => ['ok', state],
        terminate: (exit) => exits.push(exit),
      },
    });
    const client = await openWebSocket({ port: server.port, secure });
    const finish = await begun.next();
    client.reset();
    await client.closed;
    const serving = openWebSocket({ port: server.port, secure });
    (await begun.next())();
    (await serving).end();
    expect(await exits.next()).toEqual({ type: 'error', error: 'closed' });
    finish();
    expect(await exits.next()).toMatchObject({ type: expect.stringMatching(/^(error|transportError)$/) });
    await server.sessions.empty();
    expect(exits.length).toBe(0);
  });

  it('by silence: it is told 1001 at idleTimeout, and cut off when it does not answer', async () => {
    const { server, where, exits } = await serve({ idleTimeout: 60, closeTimeout: 60 });
    await using _ = server;
    const client = await openWebSocket(where);
    expect(await client.closeCode()).toBe(1001);
    expect(await exits.next()).toEqual({ type: 'timeout', timeout: 'idle' });
    await client.closed;
    await server.sessions.empty();
  });

  it('F02: by silence where an answer to our close frame is due: cut off at closeTimeout', async () => {
    const { server, where, exits, sessions } = await serve({ closeTimeout: 60 });
    await using _ = server;
    const client = await openWebSocket(where);
    (await sessions.next()).send({ type: 'close', frame: { type: 'close', code: 4000 } });
    expect(await client.closeCode()).toBe(4000);
    expect(await exits.next()).toEqual({ type: 'timeout', timeout: 'close' });
    await client.closed;
  });

  it('by silence: another that only sends pings is kept', async () => {
    const { server, where, exits, frames } = await serve({ idleTimeout: 1000 });
    await using _ = server;
    using lively = await openWebSocket(where);
    const pings = setInterval(() => lively.socket.write(fromClient({ opcode: 9 })), 20);
    using silent = await openWebSocket(where);
    expect(await silent.closeCode()).toBe(1001);
    await silent.write(closeFrame(1001));
    expect(await exits.next()).toEqual({ type: 'timeout', timeout: 'idle' });
    expect(await frames.take(10)).toEqual(Array(10).fill('ping '));
    clearInterval(pings);
    expect(server.sessions.count).toBe(1);
  });
});

describe.each(schemes)('a server that vanishes from a client over $scheme', ({ secure }) => {
  async function meet() {
    const server = await startFakeServer({ secure });
    const { handler, exits, frames } = createRecording();
    const { logger, reports } = recordReports();
    const connecting = connect(server.url, { handler, logger, tls: { ca: (await certificate()).cert } });
    const peer = await server.connections.next();
    await peer.write(switching(await peer.head()));
    return { server, session: await connecting, peer, exits, frames, reports };
  }

  it('F05: by FIN without a close frame, or within a frame', async () => {
    const { server, peer, session, exits, reports } = await meet();
    await using _ = server;
    peer.socket.end(rawFrame({ opcode: 1, payload: 'half a message' }).subarray(0, 9));
    expect(await session.exited()).toEqual({ type: 'error', error: 'closed' });
    expect(await peer.closed).toBe('ended');
    expect([exits.length, reports]).toEqual([1, []]);
  });

  it('F06: by RST within a frame', async () => {
    const { server, peer, session, exits, reports } = await meet();
    await using _ = server;
    await peer.write(rawFrame({ opcode: 1, payload: 'half a message' }).subarray(0, 9));
    if (secure) peer.socket.destroy();
    else peer.reset();
    expect(await session.exited()).toMatchObject({ type: expect.stringMatching(/^(error|transportError)$/) });
    expect([exits.length, reports.filter(({ level }) => level !== 'debug')]).toEqual([1, []]);
  });
});
