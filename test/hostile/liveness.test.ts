import { type Frame, type SessionSettings, send } from 'genws';
import { describe, expect, it } from 'vitest';
import { type Cable, layCable } from '../support/cable.ts';
import type { SocketOptions } from '../support/ends.ts';
import { Inbox } from '../support/inbox.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { numbered } from '../support/numbered-messages.ts';
import { createRecording } from '../support/recording.ts';
import { openSocket, type SocketPeer } from '../support/socket-peer.ts';
import { wiredSides } from '../support/wires.ts';

const mebibyte = 1024 * 1024;
const heartbeat = 1000;
const heartbeatTimeout = { type: 'timeout', timeout: 'heartbeat' };
const idleTimeout = { type: 'timeout', timeout: 'idle' };

/** Answer pings, as a peer that is alive does, until the connection is over: how many. */
async function answerPings(peer: SocketPeer<unknown>): Promise<number> {
  for (let pings = 0; ; pings++) {
    const frame = await peer.read().catch(() => undefined);
    if (frame?.opcode !== 9) return pings;
    await peer.send({ opcode: 10, payload: frame.payload });
  }
}

/** Takes each text as long as the test wants it to. */
function createBusy() {
  const { handler, exits } = createRecording();
  const begun = new Inbox<() => void>();
  const busy: typeof handler = {
    ...handler,
    async handleIn(frame) {
      if (frame.type === 'text') await new Promise<void>((resolve) => begun.push(resolve));
      return ['ok', undefined];
    },
  };
  return { handler: busy, begun, exits };
}

/** A session with a heartbeat, and its peer. Time stands still unless told otherwise. */
async function open(
  { role, wire }: Pick<(typeof wiredSides)[number], 'role' | 'wire'>,
  settings: SessionSettings & Partial<Pick<SocketOptions<undefined, Frame>, 'detour' | 'handler'>> = {},
) {
  const clock = new ManualClock();
  const recording = createRecording();
  const peer = await openSocket({ role, wire, handler: recording.handler, clock, heartbeat, ...settings });
  const { session } = peer;
  /** Let the next heartbeat come, and the peer's answer. */
  const beat = async (): Promise<void> => {
    clock.advance(heartbeat);
    expect(await recording.frames.next()).toMatch(/^pong/);
  };
  return { ...recording, clock, peer, session, beat };
}

describe.each(wiredSides.filter(({ network }) => network))('a $role over $wire whose peer is gone', (side) => {
  it('E14: notices that the cable was cut, within two heartbeats, and says so to terminate', async () => {
    await using stack = new AsyncDisposableStack();
    let cable: Cable | undefined;
    const detour = async (port: number): Promise<number> => {
      cable = stack.use(await layCable(port));
      return cable.port;
    };
    const { peer, session, clock, exits, beat } = await open(side, { detour });
    stack.use(peer);
    answerPings(peer);
    for (let i = 0; i < 3; i++) await beat();
    cable?.cut();
    const cut = clock.now();
    clock.advance(heartbeat);
    expect(session.state).toBe('open');
    clock.advance(heartbeat - 1);
    expect(session.state).toBe('open');
    clock.advance(1);
    expect(clock.now() - cut).toBe(2 * heartbeat);
    expect(await exits.next()).toEqual(heartbeatTimeout);
    expect([await session.exited(), clock.now() - cut]).toEqual([heartbeatTimeout, 2 * heartbeat]);
    expect([exits.length, clock.pending]).toEqual([0, 0]);
  });
});

describe.each(wiredSides)('a $role over $wire', (side) => {
  describe('whose peer is gone without a word', () => {
    it('E14: drops a peer that reads and answers nothing, with a close frame 1001 (RFC 6455 §7.4.1)', async () => {
      const { peer, session, clock } = await open(side);
      await using _ = peer;
      clock.advance(heartbeat);
      expect(await peer.hear()).toBe('ping');
      clock.advance(heartbeat);
      expect(await peer.hear()).toBe('close 1001 heartbeat timeout');
      await peer.connection.closed;
      expect(await session.exited()).toEqual(heartbeatTimeout);
    });

    it('E14: drops a peer that does not even read, whatever waits for it', async () => {
      for (const messages of [0, 40, 120]) {
        const { peer, session, clock } = await open(side);
        await using _ = peer;
        peer.pause();
        for (let i = 0; i < messages; i++) send(session, numbered(i));
        clock.advance(2 * heartbeat);
        expect(await session.exited()).toEqual(heartbeatTimeout);
        expect(session.buffered).toBe(0);
      }
    });

    it('E14: gives up a peer that answers nothing although its handler is busy, and ends when that is done', async () => {
      const { handler, begun, exits } = createBusy();
      const { peer, session, clock } = await open(side, { handler });
      await using _ = peer;
      await peer.say('work');
      const finish = await begun.next();
      clock.advance(2 * heartbeat);
      expect(session.state).toBe('closing');
      finish();
      expect(await exits.next()).toEqual(heartbeatTimeout);
    });

    it('E14: does so on real time', async () => {
      const { peer, session, frames } = await open(side, { heartbeat: 50, clock: undefined });
      await using _ = peer;
      expect(await peer.hear()).toBe('ping');
      await peer.send({ opcode: 10 });
      await frames.next();
      const heard = performance.now();
      expect(await session.exited()).toEqual(heartbeatTimeout);
      const detection = performance.now() - heard;
      expect(detection).toBeGreaterThan(50);
    });
  });

  describe('whose peer has nothing to say', () => {
    it('E15: keeps it as long as it answers pings, one each heartbeat, where idleTimeout is larger', async () => {
      const { peer, session, beat } = await open(side, { idleTimeout: heartbeat + 1 });
      await using _ = peer;
      const pings = answerPings(peer);
      for (let i = 0; i < 20; i++) await beat();
      expect(session.state).toBe('open');
      peer.connection.end();
      expect(await pings).toBe(20);
    });

    it('E15: evicts it with 1001 where idleTimeout is smaller, although it would answer', async () => {
      const { peer, session, clock, exits } = await open(side, { idleTimeout: heartbeat - 1 });
      await using _ = peer;
      clock.advance(heartbeat - 1);
      expect(await peer.ending()).toEqual({ code: 1001, exit: idleTimeout });
      expect([await exits.next(), session.state]).toEqual([idleTimeout, 'closed']);
    });

    it('E15: evicts it when it does not answer: at the first deadline of the two', async () => {
      for (const [idle, exit] of [
        [2 * heartbeat + 1, heartbeatTimeout],
        [2 * heartbeat - 1, idleTimeout],
      ] as const) {
        const { peer, session, clock } = await open(side, { idleTimeout: idle });
        await using _ = peer;
        clock.advance(heartbeat);
        expect(await peer.hear()).toBe('ping');
        clock.advance(heartbeat);
        expect(await peer.connection.closeCode()).toBe(1001);
        peer.connection.end();
        expect(await session.exited()).toEqual(exit);
      }
    });

    it('E15: takes whatever it sends for an answer, even part of a frame', async () => {
      const { peer, session, clock, frames } = await open(side);
      await using _ = peer;
      const said = 'a message that comes byte by byte';
      for (const byte of peer.encode({ opcode: 1, payload: said })) {
        clock.advance(heartbeat);
        expect(session.state).toBe('open');
        await peer.connection.write(Buffer.of(byte));
        await peer.settled();
      }
      expect(await frames.next()).toBe(`text ${said}`);
    });

    it('E15: keeps it while its handler is busy, and still answers its pings', async () => {
      const { handler, begun } = createBusy();
      const { peer, session, clock } = await open(side, { handler });
      await using _ = peer;
      await peer.say('work');
      const finish = await begun.next();
      for (let i = 0; i < 10; i++) {
        clock.advance(heartbeat);
        expect(await peer.hear()).toBe('ping');
        await peer.send({ opcode: 10 }, { opcode: 9, payload: 'read?' });
        expect(await peer.hear()).toBe('pong read?');
      }
      finish();
      expect(session.state).toBe('open');
    });

    it('E15: does not hold it against it that it is not read, because too much waits for a busy handler', async () => {
      const { handler, begun } = createBusy();
      const { peer, session, clock } = await open(side, {
        handler,
        limits: { maxBacklog: 1000 },
        idleTimeout: 3 * heartbeat,
      });
      await using _ = peer;
      await peer.say('work', 'x'.repeat(2000));
      const finish = await begun.next();
      await peer.settled();
      clock.advance(100 * heartbeat);
      expect(session.state).toBe('open');
      finish();
      (await begun.next())();
      await peer.settled();
      clock.advance(2 * heartbeat);
      expect(await session.exited()).toEqual(heartbeatTimeout);
    });

    it('E15: keeps it while it takes what it is sent, which leaves no room for pings', async () => {
      const { peer, session, clock } = await open(side, { limits: { maxBuffered: 64 * mebibyte } });
      await using _ = peer;
      peer.pause();
      for (let i = 0; i < 480; i++) send(session, numbered(i));
      for (let i = 0; i < 6; i++) {
        peer.resume();
        await peer.connection.take(3 * mebibyte);
        peer.pause();
        await peer.settled();
        clock.advance(heartbeat);
        expect([session.state, session.buffered > mebibyte]).toEqual(['open', true]);
      }
      clock.advance(2 * heartbeat);
      expect(await session.exited()).toEqual(heartbeatTimeout);
    });
  });
});
