import { setImmediate } from 'node:timers/promises';
import { defaultLimits, type SessionSettings } from 'genws';
import { beforeAll, describe, expect, it } from 'vitest';
import { type MemoryGrowth, MemoryMeter, peakDuring } from '../support/memory-growth.ts';
import { quiet, startInMemory } from '../support/memory-session.ts';
import { createRecording } from '../support/recording.ts';
import { openSocket, type SocketPeer } from '../support/socket-peer.ts';
import { wiredSides } from '../support/wires.ts';

const kibibyte = 1024;
const mebibyte = kibibyte * kibibyte;

/** Write the same bytes until the other side ends the connection or breaks it: how many times. */
async function writeWithoutEnd({ connection }: SocketPeer<unknown>, bytes: Uint8Array): Promise<number> {
  let over = false;
  connection.closed.then(() => {
    over = true;
  });
  for (let times = 0; ; times++) {
    if (over) return times;
    await connection.write(bytes).catch(() => setImmediate());
  }
}

type Side = (typeof wiredSides)[number];

const repeated = (bytes: Uint8Array, times: number): Buffer => Buffer.alloc(times * bytes.length, bytes);

/** What is held of the longest message that is allowed; then it goes on, and ends the session. */
async function sendFragmentsWithoutEnd({
  role,
  wire,
  payload,
}: Pick<Side, 'role' | 'wire'> & { payload: string }): Promise<MemoryGrowth> {
  const { maxFragments } = defaultLimits;
  const { handler, frames } = createRecording();
  await using peer = await openSocket({ role, wire, handler });
  const more = peer.encode({ opcode: 0, fin: false, payload });
  await peer.send({ opcode: 1, fin: false, payload });
  const meter = await MemoryMeter.start();
  const thousand = repeated(more, 1000);
  let room = maxFragments - 1;
  for (; room >= 1000; room -= 1000) await peer.connection.write(thousand);
  await peer.connection.write(repeated(more, room));
  await peer.send({ opcode: 9, payload: 'as many as allowed' });
  expect(await peer.hear()).toBe('pong as many as allowed');
  expect(await frames.next()).toMatch(/^ping/);
  const held = await meter.held();
  expect(peer.session.state).toBe('open');
  await writeWithoutEnd(peer, thousand);
  expect(await peer.connection.closeCode()).toBe(1008);
  const violation = { type: 'violation', code: 'tooManyFragments', detail: `> ${maxFragments}` };
  expect(await peer.session.exited()).toEqual({ type: 'error', error: 'policy', violation });
  expect(frames.length).toBe(0);
  return held;
}

beforeAll(async () => {
  // Whatever the first times cost.
  for (const side of wiredSides) await sendFragmentsWithoutEnd({ ...side, payload: 'x' });
});

describe.each(wiredSides)('a $role over $wire whose peer knows no measure', ({ role, wire }) => {
  const open = async (settings: SessionSettings = {}) => {
    const recording = createRecording({ echoes: true });
    const peer = await openSocket({ role, wire, closeTimeout: 100, ...settings, handler: recording.handler });
    return { ...recording, peer };
  };

  it('E01: takes a frame of maxFrame bytes, and refuses one byte more with 1009 (RFC 6455 §10.4)', async () => {
    const { peer, frames } = await open({ limits: { maxFrame: 100_000 } });
    await using _ = peer;
    await peer.send({ opcode: 2, payload: Buffer.alloc(100_000) });
    expect((await peer.read()).payload.length).toBe(100_000);
    await frames.next();
    await peer.send({ opcode: 2, payload: Buffer.alloc(100_001) });
    const violation = { type: 'violation', code: 'frameTooBig', detail: '100001 > 100000' };
    expect(await peer.ending()).toEqual({ code: 1009, exit: { type: 'error', error: 'tooBig', violation } });
    expect(frames.length).toBe(0);
  });

  it('E01: refuses a frame of 16 MiB and one byte by its header, before any of its payload has come', async () => {
    const { peer } = await open();
    await using _ = peer;
    await peer.send({ opcode: 2, announced: BigInt(defaultLimits.maxFrame) + 1n });
    expect(await peer.ending()).toMatchObject({ code: 1009, exit: { violation: { code: 'frameTooBig' } } });
  });

  it('E01: takes a message of maxMessage bytes in fragments, and refuses one byte more with 1009', async () => {
    const { peer, frames } = await open({ limits: { maxMessage: 100_000 } });
    await using _ = peer;
    const inTwo = (length: number) => [
      { opcode: 2, fin: false, payload: Buffer.alloc(60_000) },
      { opcode: 0, payload: Buffer.alloc(length - 60_000) },
    ];
    await peer.send(...inTwo(100_000));
    expect((await peer.read()).payload.length).toBe(100_000);
    await frames.next();
    await peer.send(...inTwo(100_001));
    expect(await peer.ending()).toMatchObject({ code: 1009, exit: { violation: { code: 'messageTooBig' } } });
    expect(frames.length).toBe(0);
  });

  it('E02: ends a message of fragments without end with 1009 at maxMessage, and holds no more of it', async () => {
    const maxMessage = 4 * mebibyte;
    const { peer, frames } = await open({ limits: { maxMessage } });
    await using _ = peer;
    const fragment = { fin: false, payload: Buffer.alloc(60 * kibibyte) };
    const more = peer.encode({ opcode: 0, ...fragment });
    await peer.send({ opcode: 1, ...fragment });
    const growth = await peakDuring(() => writeWithoutEnd(peer, more));
    expect(await peer.connection.closeCode()).toBe(1009);
    const violation = { type: 'violation', code: 'messageTooBig' };
    expect(await peer.session.exited()).toMatchObject({ type: 'error', error: 'tooBig', violation });
    expect(growth.external).toBeLessThan(4 * maxMessage); // with what is not collected yet;
    expect(frames.length).toBe(0);
  });

  it.each([
    ['E03: one byte', 'x'],
    ['E05: no byte', ''],
  ])(
    '%s in each of fragments without end: ends with 1008 at maxFragments, and costs less than 5 MB',
    async (_, payload) => {
      let held: MemoryGrowth | undefined;
      const peak = await peakDuring(async () => {
        held = await sendFragmentsWithoutEnd({ role, wire, payload });
      });
      expect(held?.heap).toBeLessThan(mebibyte);
      expect(held?.external).toBeLessThan(mebibyte);
      expect(peak.resident).toBeLessThan(5e6);
    },
  );
});

/** A message that cannot be put together wrongly unnoticed. */
const mebibyteOfText = Buffer.from(Array.from({ length: mebibyte / 8 }, (_, i) => `${10_000_000 + i}`).join(''));

describe('1 MiB that comes byte by byte', () => {
  it('E04: one in each TCP segment: is a message, and no more than its bytes are held meanwhile', {
    timeout: 60_000,
  }, async () => {
    const { handler, frames } = createRecording();
    await using peer = await openSocket({ role: 'server', handler });
    const { socket } = peer.connection;
    const bytes = peer.encode({ opcode: 1, payload: mebibyteOfText });
    const segments = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
    let sent = 0;
    const sendUpTo = async (end: number): Promise<void> => {
      while (sent < end) {
        const byte = segments[bytes[sent++] ?? 0];
        if (byte !== undefined) socket.write(byte);
        if (sent % 1024 === 0) await setImmediate();
      }
    };
    await sendUpTo(1024);
    const meter = await MemoryMeter.start();
    await sendUpTo(bytes.length - 1);
    const { heap, external } = await meter.held();
    expect(heap + external).toBeLessThan(1.5 * mebibyte);
    expect(frames.length).toBe(0);
    await sendUpTo(bytes.length);
    expect((await frames.next()) === `text ${mebibyteOfText}`).toBe(true);
  });

  it('E04: one in each chunk that the transport delivers: the same', { timeout: 60_000 }, async () => {
    const { handler, frames } = createRecording();
    const { session, peer } = startInMemory({ role: 'client', handler });
    const bytes = peer.encode({ opcode: 1, payload: mebibyteOfText });
    await quiet();
    const meter = await MemoryMeter.start();
    for (const byte of bytes.subarray(0, -1)) session.send({ type: 'transport.data', bytes: Uint8Array.of(byte) });
    const { heap, external } = await meter.held();
    expect(heap + external).toBeLessThan(1.5 * mebibyte);
    session.send({ type: 'transport.data', bytes: bytes.subarray(-1) });
    expect((await frames.next()) === `text ${mebibyteOfText}`).toBe(true);
  });
});
