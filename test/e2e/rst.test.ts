import { binary, type SessionExit, type SessionSettings } from 'genws';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { closeFrame, openRaw, textFrame, upgradeRequest } from '../support/raw-client.ts';
import { fromClient } from '../support/raw-frame.ts';
import { createRecording, echo, recordReports } from '../support/recording.ts';
import { schemes } from '../support/serving.ts';
import { openSocket } from '../support/socket-peer.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { expectToServe, serveOver } from '../support/wire-server.ts';
import { isHttp2, type Wire, wires } from '../support/wires.ts';

expectNoStrayErrors();

/** A server over a wire, and what its sessions go through. */
async function serve(wire: Wire, settings: SessionSettings = {}) {
  const { handler, ...recording } = createRecording();
  const { logger, reports } = recordReports();
  const served = await serveOver(wire, { ...settings, handler, logger });
  return { served, reports, ...recording };
}

const closed = { type: 'error', error: 'closed' };

/** How a session ends whose connection has been broken. */
const brokenOver = (wire: Wire): object => ({
  type: 'transportError',
  cause: expect.objectContaining(isHttp2(wire) ? { message: 'the stream was reset: CANCEL' } : { code: 'ECONNRESET' }),
});

describe.each(wires)('a peer that vanishes from a server over $wire', ({ wire }) => {
  it('F05: by the end of its direction without a close frame: terminate hears `closed`, nobody is alarmed', async () => {
    const { served, reports, exits } = await serve(wire);
    await using _ = served;
    const client = await served.open();
    client.end();
    expect(await exits.next()).toEqual(closed);
    expect(await client.closed).toBe('ended');
    expect(reports).toEqual([]);
    await expectToServe(served);
  });

  it('F05: by its end within a frame: the same, and nothing of it is delivered', async () => {
    const { served, exits, frames } = await serve(wire);
    await using _ = served;
    const client = await served.open();
    client.end(textFrame('half a message').subarray(0, 9));
    expect(await exits.next()).toEqual(closed);
    expect(frames.length).toBe(0);
  });

  it('F05: by its end right behind a message: it is answered first, into the half that is still open', async () => {
    await using served = await serveOver(wire, { handler: echo });
    const client = await served.open({ allowHalfOpen: true });
    client.end(Buffer.concat([textFrame('last'), textFrame('words')]));
    expect([await client.text(), await client.text()]).toEqual(['last', 'words']);
    expect(await client.rest()).toHaveLength(0);
    expect(await client.closed).toBe('ended');
  });

  it('F05: by its end right behind its close frame: it is answered and closed', async () => {
    const { served, exits } = await serve(wire);
    await using _ = served;
    const client = await served.open({ allowHalfOpen: true });
    client.end(closeFrame(4000));
    expect(await client.closeCode()).toBe(4000);
    expect(await client.closed).toBe('ended');
    expect(await exits.next()).toMatchObject({ type: 'remote', code: 4000 });
  });

  it('by silence: it is told 1001 at idleTimeout, and cut off when it does not answer', async () => {
    const { served, exits } = await serve(wire, { idleTimeout: 60, closeTimeout: 60 });
    await using _ = served;
    const client = await served.open();
    expect(await client.closeCode()).toBe(1001);
    expect(await exits.next()).toEqual({ type: 'timeout', timeout: 'idle' });
    await client.closed;
    await served.server.sessions.empty();
  });

  it('F02: by silence where an answer to our close frame is due: cut off at closeTimeout', async () => {
    const { served, exits, sessions } = await serve(wire, { closeTimeout: 60 });
    await using _ = served;
    const client = await served.open();
    (await sessions.next()).send({ type: 'close', frame: { type: 'close', code: 4000 } });
    expect(await client.closeCode()).toBe(4000);
    expect(await exits.next()).toEqual({ type: 'timeout', timeout: 'close' });
    await client.closed;
  });

  it('by silence: another that only sends pings is kept', async () => {
    const { served, exits, frames } = await serve(wire, { idleTimeout: 1000 });
    await using _ = served;
    using lively = await served.open();
    const pings = setInterval(() => void lively.write(fromClient({ opcode: 9 })), 20);
    using silent = await served.open();
    expect(await silent.closeCode()).toBe(1001);
    await silent.write(closeFrame(1001));
    expect(await exits.next()).toEqual({ type: 'timeout', timeout: 'idle' });
    expect(await frames.take(10)).toEqual(Array(10).fill('ping '));
    clearInterval(pings);
    expect(served.server.sessions.count).toBe(1);
  });
});

describe.each(wires.filter(({ network }) => network))('a peer that hangs up on a server over $wire', (traits) => {
  const { wire, lostBelow } = traits;
  it(`F12: by the end of the TCP connection below, without a word of what it carries (RFC 8446 §6.1): it has ${lostBelow}`, async () => {
    const { served, reports, exits } = await serve(wire);
    await using _ = served;
    const client = await served.open();
    client.hangUp();
    expect(await exits.next()).toEqual(lostBelow === 'ended' ? closed : brokenOver(wire));
    expect(reports.filter(({ level }) => level !== 'debug')).toEqual([]);
    await expectToServe(served);
  });
});

describe.each(wires.filter(({ halfOpen }) => halfOpen))('a peer that has said its last over $wire', ({ wire }) => {
  it('F05: while much is on its way to it: what is sent afterwards is dropped, what was sent arrives', async () => {
    const { served, exits, sessions } = await serve(wire, { limits: { highWater: 2 ** 30 } });
    await using _ = served;
    const client = await served.open({ allowHalfOpen: true });
    client.pause();
    const session = await sessions.next();
    const much = new Uint8Array(16 * 1024 * 1024);
    session.send({ type: 'info', message: binary(much) });
    client.end(textFrame('bye'));
    while (session.state === 'open') await new Promise(setImmediate);
    expect([session.state, client.unread < much.length]).toEqual(['closing', true]);
    session.send({ type: 'info', message: binary(new Uint8Array(1024)) });
    client.resume();
    expect((await client.frame()).payload.length).toBe(much.length);
    expect(await client.rest()).toHaveLength(0);
    expect(await exits.next()).toEqual(closed);
  });
});

const breakable = wires.filter(({ breaks }) => breaks);

describe.each(breakable)('a peer that breaks its connection to a server over $wire', ({ wire }) => {
  const broken = brokenOver(wire);

  it('F06: within a frame: terminate hears why, the log of nothing above debug', async () => {
    const { served, reports, exits, sessions } = await serve(wire);
    await using _ = served;
    const client = await served.open();
    await client.write(textFrame('half a message').subarray(0, 9));
    const session = await sessions.next();
    client.reset();
    expect(await exits.next()).toEqual(broken);
    expect(await session.exited()).toEqual(broken);
    expect(reports.filter(({ level }) => level !== 'debug')).toEqual([]);
    await expectToServe(served);
  });

  it('F06: while much is being written to it', async () => {
    const { served, exits, sessions, reports } = await serve(wire);
    await using _ = served;
    const client = await served.open();
    client.pause();
    const session = await sessions.next();
    session.send({ type: 'info', message: binary(new Uint8Array(16 * 1024 * 1024)) });
    client.reset();
    expect(await exits.next()).toMatchObject({ type: 'transportError' });
    session.send({ type: 'info', message: binary(new Uint8Array(1024)) });
    expect(exits.length).toBe(0);
    expect(reports.filter(({ level }) => level !== 'debug')).toEqual([]);
    await expectToServe(served);
  });

  it('F06: instead of an answer to our close frame', async () => {
    const { served, exits, sessions } = await serve(wire);
    await using _ = served;
    const client = await served.open();
    (await sessions.next()).send({ type: 'close', frame: { type: 'close', code: 1000 } });
    expect(await client.closeCode()).toBe(1000);
    client.reset();
    expect(await exits.next()).toEqual(broken);
    await served.server.sessions.empty();
  });

  it('A18: while init takes its time: its terminate follows its init', async () => {
    const begun = new Inbox<() => void>();
    const exits = new Inbox<SessionExit>();
    await using served = await serveOver(wire, {
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
    const client = await served.open();
    const finish = await begun.next();
    client.reset();
    await client.closed;
    const serving = served.open();
    (await begun.next())();
    (await serving).end();
    expect(await exits.next()).toEqual(closed);
    finish();
    expect(await exits.next()).toMatchObject({ type: expect.stringMatching(/^(error|transportError)$/) });
    await served.server.sessions.empty();
    expect(exits.length).toBe(0);
  });
});

describe.each(schemes)('a client that breaks its handshake over $scheme', ({ secure }) => {
  it('A18: at any moment: at most one session, one terminate', async () => {
    const { served, requests, exits } = await serve(secure ? 'tls' : 'tcp');
    await using _ = served;
    const request = upgradeRequest();
    for (let i = 0; i < 50; i++) {
      const client = await openRaw({ port: served.server.port, secure });
      client.socket.write(request.slice(0, Math.ceil((request.length * i) / 25))); // half of them complete
      for (let turns = i % 5; turns > 0; turns--) await new Promise(setImmediate);
      client.reset();
    }
    await expectToServe(served);
    await served.server.sessions.empty();
    expect(exits.length).toBe(requests.length);
    expect(exits.length).toBeGreaterThan(1);
  });
});

/** A client of ours and its raw server, and what its session goes through. */
async function meet(wire: Wire) {
  const { handler, exits } = createRecording();
  const { logger, reports } = recordReports();
  const peer = await openSocket({ role: 'client', wire, handler, logger });
  return { peer, exits, reports };
}

describe.each(wires)('a server that ends its direction within a frame, over $wire', ({ wire }) => {
  it('F05: without a close frame: terminate of the client hears `closed`, nobody is alarmed', async () => {
    const { peer, exits, reports } = await meet(wire);
    await using _ = peer;
    peer.connection.end(peer.encode({ opcode: 1, payload: 'half a message' }).subarray(0, 9));
    expect(await peer.session.exited()).toEqual(closed);
    expect(await peer.connection.closed).toBe('ended');
    expect([exits.length, reports]).toEqual([1, []]);
  });
});

describe.each(breakable)('a server that breaks its connection within a frame, over $wire', ({ wire }) => {
  it('F06: terminate of the client hears why, the log of nothing above debug', async () => {
    const { peer, exits, reports } = await meet(wire);
    await using _ = peer;
    await peer.connection.write(peer.encode({ opcode: 1, payload: 'half a message' }).subarray(0, 9));
    peer.connection.reset();
    expect(await peer.session.exited()).toEqual(brokenOver(wire));
    expect([exits.length, reports.filter(({ level }) => level !== 'debug')]).toEqual([1, []]);
  });
});
