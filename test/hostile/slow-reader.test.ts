import { setImmediate } from 'node:timers/promises';
import { binary, close, defaultLimits, type Frame, send, stop, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { createFlowObserver, numbered, numberedSize, numbersFrom, readNumbers } from '../support/numbered-messages.ts';
import { createRecording } from '../support/recording.ts';
import { openSocket, type SocketPeer } from '../support/socket-peer.ts';
import { wiredSides } from '../support/wires.ts';

const kibibyte = 1024;
const mebibyte = kibibyte * kibibyte;

describe.each(wiredSides)('a peer of a $role over $wire that reads now and then', ({ role, wire }) => {
  it('E07: relieves the session once each time, at lowWater, and gets everything in order', async () => {
    const { handler, flows } = createFlowObserver();
    await using peer = await openSocket({ role, wire, handler });
    const { session } = peer;
    const reading = readNumbers(peer);
    let sent = 0;
    for (let time = 0; time < 3; time++) {
      peer.pause();
      while (flows.length === 0) {
        expect(send(session, numbered(sent++))).toBe('sent');
        await setImmediate();
      }
      for (const end = sent + 30; sent < end; sent++) expect(send(session, numbered(sent))).toBe('sent');
      const congested = await flows.next();
      expect(congested.type).toBe('congested');
      expect(congested.buffered).toBeGreaterThan(defaultLimits.highWater);
      expect(congested.buffered).toBeLessThan(defaultLimits.highWater + 2 * numberedSize);
      expect(session.buffered).toBeGreaterThan(defaultLimits.highWater + 28 * numberedSize);
      peer.resume();
      const relieved = await flows.next();
      expect(relieved.type).toBe('relieved');
      expect(relieved.buffered).toBeLessThanOrEqual(defaultLimits.lowWater);
      while (session.buffered > 0) await setImmediate();
      expect(flows.length).toBe(0);
    }
    send(session, text('last'));
    expect(await reading).toEqual({ numbers: numbersFrom(0, sent), end: 'last' });
    expect(session.dropped).toBe(0);
  });
});

describe.each(wiredSides)('a $role over $wire whose messages wait for the peer', ({ role, wire }) => {
  /** So many messages that most of them wait, below the mark at which the session would stop reading. */
  async function fill() {
    const recording = createRecording();
    const limits = { highWater: 64 * mebibyte, maxBuffered: 64 * mebibyte };
    const peer = await openSocket({ role, wire, handler: recording.handler, limits, closeTimeout: 60_000 });
    peer.pause();
    let sent = 0;
    while (peer.session.buffered < 2 * mebibyte) {
      send(peer.session, numbered(sent++));
      await setImmediate();
    }
    const waiting = Math.floor(peer.session.buffered / (numberedSize + 256)) - 2; // a frame or two are on their way
    return { ...recording, peer, sent, waiting };
  }

  it('E11: answers a ping before all of them, as soon as the peer reads (RFC 6455 §5.5.2)', async () => {
    const { peer, frames, sent, waiting } = await fill();
    await using _ = peer;
    await peer.send({ opcode: 9, payload: 'still there?' });
    expect(await frames.next()).toMatch(/^ping/);
    peer.resume();
    const before = await readNumbers(peer);
    expect(before.end).toBe('still there?');
    expect(before.numbers.length).toBeLessThanOrEqual(sent - waiting);
    send(peer.session, text('last'));
    const after = await readNumbers(peer);
    expect([...before.numbers, ...after.numbers]).toEqual(numbersFrom(0, sent));
  });

  it('E11: sends pings of its own before them (RFC 6455 §5.5.2)', async () => {
    const { peer, sent, waiting } = await fill();
    await using _ = peer;
    expect(send(peer.session, { type: 'ping', data: 'and you?' })).toBe('sent');
    peer.resume();
    const { numbers, end } = await readNumbers(peer);
    expect(end).toBe('and you?');
    expect(numbers.length).toBeLessThanOrEqual(sent - waiting);
  });

  it.each([
    ['it is stopped', '1001 ', (peer: SocketPeer<Frame>) => stop(peer.session)],
    ['its peer breaks the protocol', '1002 ', (peer: SocketPeer<Frame>) => peer.send({ opcode: 3 })],
  ])('E11: drops them when %s, so that the close frame is next', async (_what, code, finish) => {
    const { peer, sent, waiting } = await fill();
    await using _ = peer;
    await finish(peer);
    while (peer.session.state === 'open') await setImmediate();
    peer.resume();
    const { numbers, end } = await readNumbers(peer);
    expect(end.startsWith(code)).toBe(true);
    expect(numbers).toEqual(numbersFrom(0, numbers.length));
    expect(numbers.length).toBeLessThanOrEqual(sent - waiting);
  });

  it.each([
    ['it is closed in order', (peer: SocketPeer<Frame>) => close(peer.session, 4000)],
    ['its peer has closed', (peer: SocketPeer<Frame>) => peer.send({ opcode: 8, payload: Buffer.of(15, 160) })],
  ])('E11: sends them all before the close frame when %s', async (_what, finish) => {
    const { peer, sent } = await fill();
    await using _ = peer;
    await finish(peer);
    while (peer.session.state === 'open') await setImmediate();
    peer.resume();
    expect(await readNumbers(peer)).toEqual({ numbers: numbersFrom(0, sent), end: '4000 ' });
  });
});

describe.each(wiredSides)(
  'a burst above highWater from a $role over $wire that the system takes at once',
  ({ role, wire }) => {
    it('does not keep the peer from being read afterwards, although nothing is left that could drain', async () => {
      const sizes = [1, 17, 65, 257, 300, 1100];
      const { handler } = createRecording();
      for (const highWater of [0, 64 * kibibyte, 256 * kibibyte]) {
        await using peer = await openSocket({ role, wire, handler, limits: { highWater, lowWater: highWater / 4 } });
        const hear = async (end: string): Promise<void> => {
          while ((await peer.hear()) !== end);
        };
        for (const size of sizes) {
          for (const count of [1, 4]) {
            const burst = Array.from({ length: count }, () => binary(Buffer.alloc(size * kibibyte)));
            for (const frame of burst) expect(send(peer.session, frame)).toBe('sent');
            await peer.send({ opcode: 9, payload: `sent ${size}` });
            await hear(`pong sent ${size}`);
            for (const message of burst) peer.session.send({ type: 'info', message });
            await peer.send({ opcode: 9, payload: `replied ${size}` });
            await hear(`pong replied ${size}`);
          }
        }
      }
    });
  },
);
