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
import { createJournal, slowly } from '../support/journal.ts';
import { type MemorySession, quiet, roles, startInMemory } from '../support/memory-session.ts';
import { type RawFrame, rawFrame, someKey } from '../support/raw-frame.ts';

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

/** Has a peer send frames, and says how many bytes they were. */
function sender({ peer }: MemorySession<string>) {
  let bytes = 0;
  return {
    send(...frames: readonly RawFrame[]): void {
      for (const frame of frames) bytes += peer.encode(frame).length;
      peer.send(...frames);
    },
    get bytes(): number {
      return bytes;
    },
  };
}

describe.each(roles)('the statistics of a %s', (role) => {
  it('are those of nothing at the beginning', () => {
    const { session } = startInMemory<undefined, string, unknown>({ role, handler: echo });
    expect(statistics(session)).toEqual({ uptime: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 });
  });

  it('count messages of the peer, however fragmented, and every byte of the connection', async () => {
    const one = startInMemory<undefined, string, unknown>({ role, handler: echo });
    const wire = sender(one);
    wire.send({ opcode: 1, payload: 'hello' }, { opcode: 2, payload: Buffer.alloc(300) });
    wire.send({ opcode: 1, fin: false, payload: 'a' }, { opcode: 9, payload: 'p' }, { opcode: 0, payload: 'b' });
    wire.send({ opcode: 10, payload: 'unasked' });
    await quiet();
    expect(counted(one.session)).toEqual({
      messagesIn: 3,
      messagesOut: 4, // three echoes and a pong
      bytesIn: wire.bytes,
      bytesOut: one.transport.bytes,
    });
    expect(one.peer.frames).toHaveLength(4);
  });

  it('count the frames that are sent, whoever sends them', async () => {
    const one = startInMemory<undefined, string, unknown>({ role, handler: echo });
    const { session, transport, peer } = one;
    send(session, [text('one'), binary(Buffer.alloc(70 * kibibyte)), pong()]);
    tell(session, 'two');
    await quiet();
    expect(counted(session)).toEqual({ messagesIn: 0, messagesOut: 5, bytesIn: 0, bytesOut: transport.bytes });
    expect(peer.frames).toHaveLength(5);
  });

  it('count what is encoded before it has left', () => {
    const { session, transport } = startInMemory<undefined, string, unknown>({ role, handler: echo });
    send(session, text('hello'));
    expect([counted(session).bytesOut, transport.bytes]).toEqual([role === 'server' ? 7 : 11, 0]);
  });

  it('count the closing handshake, in both directions (RFC 6455 §5.5.1)', async () => {
    const one = startInMemory<undefined, string, unknown>({ role, handler: echo });
    const wire = sender(one);
    close(one.session, 1000, 'bye');
    await quiet();
    wire.send({ opcode: 1, payload: 'not seen any more' }, { opcode: 8, payload: Buffer.of(3, 232) });
    one.peer.end();
    await one.session.exited();
    expect(counted(one.session)).toEqual({
      messagesIn: 0,
      messagesOut: 1,
      bytesIn: wire.bytes,
      bytesOut: one.transport.bytes,
    });
  });

  it('count what came with the handshake', async () => {
    const head = rawFrame({ opcode: 1, payload: 'early', ...(role === 'server' ? { key: someKey } : {}) });
    const { session } = startInMemory<undefined, string, unknown>({ role, handler: echo, head });
    await quiet();
    expect(counted(session)).toMatchObject({ messagesIn: 1, bytesIn: head.length });
  });

  it('tell how long it has been there', () => {
    const { session, clock } = startInMemory<undefined, string, unknown>({ role, handler: echo });
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
        const one = startInMemory<undefined, string, unknown>({ role, handler: echo });
        const wire = sender(one);
        let messages = 0;
        for (const does of steps) {
          if (does.type === 'in') {
            wire.send(...does.frames);
            messages += does.frames.filter(({ opcode }) => opcode < 8).length;
          } else if (does.type === 'tell') tell(one.session, does.message);
          else if (does.type === 'send') send(one.session, binary(does.data));
          else await quiet();
        }
        await quiet();
        expect(counted(one.session)).toEqual({
          messagesIn: messages,
          messagesOut: one.peer.frames.length,
          bytesIn: wire.bytes,
          bytesOut: one.transport.bytes,
        });
      }),
    );
  });
});

describe.each(roles)('the process info of a %s', (role) => {
  it('says where it stands in each state', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal<string>({ init: () => promise });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    expect(processInfo(session)).toEqual({
      ...{ id: session.id, state: 'ready_wait', peer: undefined, buffered: 0, dropped: 0 },
      ...{ uptime: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, mailbox: 0, memory: 0 },
    });
    resolve(['ok', 'state']);
    await quiet();
    expect(processInfo(session).state).toBe('open');
    close(session);
    expect(processInfo(session).state).toBe('closing');
    peer.close(1000);
    peer.end();
    await session.exited();
    expect(processInfo(session)).toMatchObject({ state: 'closed', mailbox: 0, memory: 0 });
  });

  it('counts what waits for a busy handler: messages, and bytes of the peer’s', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal<string>({ in: slowly(promise) });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    peer.text('slow');
    await quiet();
    peer.send({ opcode: 1, payload: 'x'.repeat(1000) }, { opcode: 2, payload: Buffer.alloc(500) });
    for (let i = 0; i < 3; i++) tell(session, 'news');
    await quiet();
    expect(processInfo(session)).toMatchObject({ mailbox: 5, memory: 1500 + 2 * overhead });
    resolve(['ok', 'state']);
    await quiet();
    expect(processInfo(session)).toMatchObject({ mailbox: 0, memory: 0 });
  });

  it('counts half a message that is held, until the other half has come', async () => {
    const { handler } = createJournal<string>();
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    const whole = peer.encode({ opcode: 2, payload: Buffer.alloc(100 * kibibyte) });
    peer.write(whole.subarray(0, 50 * kibibyte));
    await quiet();
    const half = processInfo(session).memory;
    expect(half).toBeGreaterThan(49 * kibibyte);
    expect(half).toBeLessThan(51 * kibibyte);
    peer.write(whole.subarray(50 * kibibyte));
    await quiet();
    expect(processInfo(session).memory).toBe(0);
    peer.send({ opcode: 1, fin: false, payload: 'x'.repeat(kibibyte) });
    await quiet();
    expect(processInfo(session).memory).toBeGreaterThanOrEqual(kibibyte);
    peer.send({ opcode: 0 });
    await quiet();
    expect(processInfo(session).memory).toBe(0);
  });

  it('counts what waits to be sent, and forgets it when the peer reads', async () => {
    const { handler } = createJournal<string>();
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler, peerReads: false });
    for (let i = 0; i < 10; i++) send(session, binary(Buffer.alloc(50 * kibibyte)));
    await quiet();
    const { buffered, memory } = processInfo(session);
    expect([memory, buffered > 400 * kibibyte]).toEqual([buffered, true]);
    peer.resume();
    await quiet();
    expect(processInfo(session)).toMatchObject({ buffered: 0, memory: 0 });
  });

  it('counts the contexts of compression, which hibernating gives back', async () => {
    const direction = { contextTakeover: true, windowBits: 15 } as const;
    const handler = defineHandler<string, string>({
      init: () => ['ok', 'state'],
      handleIn: (_, state) => ['ok', state],
      handleInfo: (message, state) =>
        message === 'sleep' ? ['ok', state, hibernate] : ['reply', text(message), state],
    });
    const { session } = startInMemory<string, string, unknown>({
      role,
      handler,
      compression: { agreed: { server: direction, client: direction }, options: { threshold: 0, offload: 1e9 } },
    });
    expect(processInfo(session).memory).toBe(0);
    tell(session, 'hello, hello, hello');
    await quiet();
    expect(processInfo(session).memory).toBeGreaterThan(10);
    tell(session, 'sleep');
    await quiet();
    expect(processInfo(session).memory).toBe(0);
  });
});
