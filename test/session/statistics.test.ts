import { setImmediate } from 'node:timers/promises';
import { tell } from '@genws/actor';
import { binary, ping, pong, text } from '@genws/protocol';
import {
  close,
  defineHandler,
  hibernate,
  processInfo,
  type Result,
  type Session,
  type SessionStatistics,
  send,
  statistics,
} from '@genws/session';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCompressed } from '../support/compressed-peer.ts';
import type { SocketOptions } from '../support/ends.ts';
import { createJournal, slowly } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { type RawFrame, rawFrame, someKey } from '../support/raw-frame.ts';
import { startOver } from '../support/wired-session.ts';
import { isHttp2, wiredSides } from '../support/wires.ts';

const kibibyte = 1024;
/** What a waiting message counts besides its payload. */
const overhead = 128;

const echo = defineHandler<undefined, string>({
  init: () => ['ok', undefined],
  handleIn: (frame) =>
    frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, undefined] : ['ok', undefined],
  handleInfo: (message) => ['reply', [text(message), ping(message)], undefined],
});

/** What has been counted, but for the time. */
function counted(session: Session<string>): Omit<SessionStatistics, 'uptime'> {
  const { uptime: _, ...counts } = statistics(session);
  return counts;
}

/** A session that echoes, and what has gone over its wire. */
async function startEcho(options: Omit<SocketOptions<undefined, string>, 'handler'>) {
  const started = await startOver<undefined, string>({ ...options, handler: echo });
  const { connection } = started.peer;
  const before = connection.received;
  const wire = {
    /** Bytes that the peer has sent. */
    sent: 0,
    send(...frames: readonly RawFrame[]): Promise<void> {
      for (const frame of frames) wire.sent += started.peer.encode(frame).length;
      return started.peer.send(...frames);
    },
    /** Bytes that have come to the peer. */
    get received(): number {
      return connection.received - before;
    },
  };
  return { ...started, wire };
}

describe.each(wiredSides)('the statistics of a $role over $wire', ({ role, wire: kind, network }) => {
  const start = () => startEcho({ role, wire: kind });

  it('are those of nothing at the beginning', async () => {
    const { session, peer } = await start();
    await using _ = peer;
    expect(statistics(session)).toEqual({ uptime: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 });
  });

  it('count messages of the peer, however fragmented, and every byte of the connection', async () => {
    const { session, peer, wire } = await start();
    await using _ = peer;
    await wire.send({ opcode: 1, payload: 'hello' }, { opcode: 2, payload: Buffer.alloc(300) });
    await wire.send({ opcode: 1, fin: false, payload: 'a' }, { opcode: 9, payload: 'p' }, { opcode: 0, payload: 'b' });
    await wire.send({ opcode: 10, payload: 'unasked' });
    expect(await peer.hearAll(4)).toHaveLength(4);
    await peer.settled();
    expect(counted(session)).toEqual({
      messagesIn: 3,
      messagesOut: 4, // three echoes and a pong
      bytesIn: wire.sent,
      bytesOut: wire.received,
    });
  });

  it('count the frames that are sent, whoever sends them', async () => {
    const { session, peer, wire } = await start();
    await using _ = peer;
    send(session, [text('one'), binary(Buffer.alloc(70 * kibibyte)), pong()]);
    tell(session, 'two');
    for (let i = 0; i < 5; i++) await peer.read();
    expect(counted(session)).toEqual({ messagesIn: 0, messagesOut: 5, bytesIn: 0, bytesOut: wire.received });
  });

  it('count what is encoded before it has left', async () => {
    const { session, peer, wire } = await start();
    await using _ = peer;
    send(session, text('hello'));
    expect([counted(session).bytesOut, wire.received]).toEqual([role === 'server' ? 7 : 11, 0]);
  });

  it('count the closing handshake, in both directions (RFC 6455 §5.5.1)', async () => {
    const { session, peer, wire } = await start();
    await using _ = peer;
    close(session, 1000, 'bye');
    expect(await peer.hear()).toBe('close 1000 bye');
    await wire.send({ opcode: 1, payload: 'not seen any more' }, { opcode: 8, payload: Buffer.of(3, 232) });
    peer.connection.end();
    await session.exited();
    await peer.connection.closed;
    expect(counted(session)).toEqual({ messagesIn: 0, messagesOut: 1, bytesIn: wire.sent, bytesOut: wire.received });
  });

  it('tell how long it has been there', async () => {
    const { session, peer, clock } = await start();
    await using _ = peer;
    clock.advance(1234);
    expect(statistics(session).uptime).toBe(1234);
  });

  it('agree with the wire, whatever passes', async () => {
    const payload = fc.nat(300).map((length) => Buffer.alloc(length, 97));
    const anyFrame: fc.Arbitrary<RawFrame> = fc.oneof(
      fc.record({ opcode: fc.constantFrom(1, 2), payload }),
      fc.record({ opcode: fc.constantFrom(9, 10), payload: payload.map((data) => data.subarray(0, 125)) }),
    );
    const step = fc.oneof(
      fc.array(anyFrame, { maxLength: 5 }).map((frames) => ({ type: 'in', frames }) as const),
      fc.string({ maxLength: 20 }).map((message) => ({ type: 'tell', message }) as const),
      payload.map((data) => ({ type: 'send', data }) as const),
      fc.constant({ type: 'wait' } as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { session, peer, wire } = await start();
        await using _ = peer;
        let messages = 0;
        for (const does of steps) {
          if (does.type === 'in') {
            await wire.send(...does.frames);
            messages += does.frames.filter(({ opcode }) => opcode < 8).length;
          } else if (does.type === 'tell') tell(session, does.message);
          else if (does.type === 'send') send(session, binary(does.data));
          else await peer.settled();
        }
        await peer.settled();
        peer.connection.end();
        await session.exited();
        const frames = await peer.rest();
        expect(counted(session)).toEqual({
          messagesIn: messages,
          messagesOut: frames.length,
          bytesIn: wire.sent,
          bytesOut: wire.received,
        });
      }),
      { numRuns: network ? 25 : 100 }, // connections take their time
    );
  });
});

describe.each(roles)('the statistics of a %s', (role) => {
  it('count what came with the handshake', async () => {
    const head = rawFrame({ opcode: 1, payload: 'early', ...(role === 'server' ? { key: someKey } : {}) });
    const { session } = startInMemory<undefined, string, unknown>({ role, handler: echo, head });
    await quiet();
    expect(counted(session)).toMatchObject({ messagesIn: 1, bytesIn: head.length });
  });
});

describe.each(wiredSides)('the process info of a $role over $wire', ({ role, wire, network }) => {
  it('says where it stands in each state', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal<string>({ init: () => promise });
    const { session, peer } = await startOver<string, string>({ role, wire, handler });
    await using _ = peer;
    expect(processInfo(session)).toEqual({
      ...{ id: session.id, state: 'ready_wait', buffered: 0, dropped: 0 },
      peer: network ? { address: '127.0.0.1', port: expect.any(Number) } : undefined,
      ...{ transport: isHttp2(wire) ? 'h2' : wire, handler: undefined },
      ...{ uptime: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, mailbox: 0, memory: 0 },
    });
    resolve(['ok', 'state']);
    await peer.settled();
    expect(processInfo(session).state).toBe('open');
    close(session);
    expect(processInfo(session).state).toBe('closing');
    await peer.close(1000);
    peer.connection.end();
    await session.exited();
    expect(processInfo(session)).toMatchObject({ state: 'closed', mailbox: 0, memory: 0 });
  });

  it('counts what waits for a busy handler: messages, and bytes of the peer’s', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal<string>({ in: slowly(promise) });
    const { session, peer } = await startOver<string, string>({ role, wire, handler });
    await using _ = peer;
    await peer.say('slow');
    await peer.settled();
    await peer.say('x'.repeat(1000), Buffer.alloc(500));
    for (let i = 0; i < 3; i++) tell(session, 'news');
    await peer.settled();
    expect(processInfo(session)).toMatchObject({ mailbox: 5, memory: 1500 + 2 * overhead });
    resolve(['ok', 'state']);
    await peer.settled();
    expect(processInfo(session)).toMatchObject({ mailbox: 0, memory: 0 });
  });

  it('counts half a message that is held, until the other half has come', async () => {
    const { handler } = createJournal<string>();
    const { session, peer } = await startOver<string, string>({ role, wire, handler });
    await using _ = peer;
    const whole = peer.encode({ opcode: 2, payload: Buffer.alloc(100 * kibibyte) });
    await peer.connection.write(whole.subarray(0, 50 * kibibyte));
    await peer.settled();
    const half = processInfo(session).memory;
    expect(half).toBeGreaterThan(49 * kibibyte);
    expect(half).toBeLessThan(51 * kibibyte);
    await peer.connection.write(whole.subarray(50 * kibibyte));
    await peer.settled();
    expect(processInfo(session).memory).toBe(0);
    await peer.send({ opcode: 1, fin: false, payload: 'x'.repeat(kibibyte) });
    await peer.settled();
    expect(processInfo(session).memory).toBeGreaterThanOrEqual(kibibyte);
    await peer.send({ opcode: 0 });
    await peer.settled();
    expect(processInfo(session).memory).toBe(0);
  });

  it('counts what waits to be sent, and forgets it when the peer reads', async () => {
    const { handler } = createJournal<string>();
    const { session, peer } = await startOver<string, string>({ role, wire, handler });
    await using _ = peer;
    peer.pause();
    while (session.buffered <= 400 * kibibyte) {
      send(session, binary(Buffer.alloc(50 * kibibyte)));
      await setImmediate();
    }
    const { buffered, memory } = processInfo(session);
    expect([memory, buffered > 400 * kibibyte]).toEqual([buffered, true]);
    peer.resume();
    while (session.buffered > 0) await setImmediate();
    expect(processInfo(session)).toMatchObject({ buffered: 0, memory: 0 });
  });

  it('counts the contexts of compression, which hibernating gives back', async () => {
    const handler = defineHandler<string, string>({
      init: () => ['ok', 'state'],
      handleIn: (_, state) => ['ok', state],
      handleInfo: (message, state) =>
        message === 'sleep' ? ['ok', state, hibernate] : ['reply', text(message), state],
    });
    await using peer = await openCompressed({ role, wire, handler, compress: { threshold: 0, offload: 1e9 } });
    const { session } = peer;
    expect(processInfo(session).memory).toBe(0);
    tell(session, 'hello, hello, hello');
    expect(await peer.hear()).toBe('text hello, hello, hello');
    expect(processInfo(session).memory).toBeGreaterThan(10);
    tell(session, 'sleep');
    await peer.settled();
    expect(processInfo(session).memory).toBe(0);
  });
});
