import { tell } from '@genws/actor';
import { binary, type Frame, prepare, text } from '@genws/protocol';
import { type Result, type SendOutcome, send } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

const ok: Result<string> = ['ok', 'state'];
const kibibyte = 1024;
const chunk = binary(new Uint8Array(64 * kibibyte));

describe.each(roles)('send to a %s', (role) => {
  it('says sent, and what is sent in one turn leaves in one write', async () => {
    const { session, peer, transport } = startInMemory({ role, handler: createJournal().handler });
    for (const data of ['a', 'b']) expect(send(session, text(data))).toBe('sent');
    expect(send(session, [text('c'), prepare(text('d'))])).toBe('sent');
    expect(transport.writes).toBe(0);
    expect(await peer.take(4)).toEqual(['text a', 'text b', 'text c', 'text d']);
    expect(transport.writes).toBe(1);
  });

  it('lets 1,000 sends of one turn to each of three sessions leave in one write each, in order', async () => {
    const talks = Array.from({ length: 3 }, () => startInMemory({ role, handler: createJournal().handler }));
    const numbers = Array.from({ length: 1000 }, (_, i) => String(i));
    for (const number of numbers) for (const { session } of talks) send(session, text(number));
    for (const { peer, transport } of talks) {
      expect(await peer.take(1000)).toEqual(numbers.map((number) => `text ${number}`));
      expect(transport.writes).toBe(1);
    }
  });

  it('lets a lone send leave in the next microtask', async () => {
    const { session, transport } = startInMemory({ role, handler: createJournal().handler });
    await quiet();
    send(session, text('now'));
    await undefined;
    expect(transport.writes).toBe(1);
  });

  it('says queued from within a callback, and sends after the reply', async () => {
    const outcomes: SendOutcome[] = [];
    const { handler } = createJournal<string>({
      in: (_, self) => {
        outcomes.push(send(self, text('queued')));
        return ['reply', text('reply'), 'state'];
      },
      info: (_, self) => {
        outcomes.push(send(self, text('queued too')));
        return ok;
      },
      init: (self) => {
        outcomes.push(send(self, text('queued in init')));
        return ['reply', text('greeting'), 'state'];
      },
    });
    const { session, peer } = startInMemory({ role, handler });
    peer.text('go');
    await quiet();
    tell(session, 'go');
    expect(await peer.take(5)).toEqual([
      'text greeting',
      'text queued in init',
      'text reply',
      'text queued',
      'text queued too',
    ]);
    expect(outcomes).toEqual(['queued', 'queued', 'queued']);
  });

  it('says closed from the close frame on', async () => {
    const { session, peer } = startInMemory({ role, handler: createJournal().handler });
    expect(send(session, [text('a'), { type: 'close' }])).toBe('sent');
    expect(send(session, text('b'))).toBe('closed');
    peer.close();
    peer.end();
    await session.exited();
    expect(send(session, text('c'))).toBe('closed');
    expect(peer.seen).toEqual(['text a', 'close']);
  });

  it('says congested when the peer does not read, and ends with 1013: no more than maxBuffered waits', async () => {
    const { handler, exits } = createJournal();
    const maxBuffered = 256 * kibibyte;
    const { session, peer, reports } = startInMemory({ role, handler, peerReads: false, limits: { maxBuffered } });
    const outcomes: SendOutcome[] = [];
    let most = 0;
    for (let i = 0; i < 20; i++) {
      outcomes.push(send(session, chunk));
      most = Math.max(most, session.buffered);
      await quiet();
    }
    expect(outcomes).toEqual([
      ...Array<SendOutcome>(3).fill('sent'),
      'congested',
      ...Array<SendOutcome>(16).fill('closed'),
    ]);
    expect(most).toBeGreaterThan(3 * 64 * kibibyte);
    expect(most).toBeLessThanOrEqual(maxBuffered);
    peer.resume();
    await quiet();
    expect(peer.seen.at(-1)).toBe('close 1013 slow consumer');
    expect(peer.frames).toHaveLength(2); // what waited in the session itself is not sent any more
    peer.end();
    expect(await session.exited()).toEqual({ type: 'error', error: 'slowConsumer' });
    expect(exits).toHaveLength(1);
    expect(reports).toMatchObject([{ level: 'warn', event: 'session.peer.stalled' }]);
  });

  it.each([false, true])(
    'bounds replies as well (later: %s), and does not wait for the handler any more',
    async (later) => {
      const reply: Result<string> = ['reply', Array<Frame>(10).fill(chunk), 'state'];
      const { handler, exits } = createJournal({ in: () => (later ? Promise.resolve(reply) : reply) });
      const { session, peer, clock } = startInMemory({
        role,
        handler,
        peerReads: false,
        limits: { maxBuffered: 256 * kibibyte },
      });
      peer.text('go');
      await quiet();
      expect(session.state).toBe('closing');
      peer.resume();
      await quiet();
      peer.end();
      expect(await session.exited()).toEqual({ type: 'error', error: 'slowConsumer' });
      expect(clock.now()).toBe(0);
      expect(peer.seen.at(-1)).toBe('close 1013 slow consumer');
      expect(peer.frames).toHaveLength(4); // those of one turn are with the transport before it can object
      expect(exits).toHaveLength(1);
    },
  );

  it('bounds the greeting of init, and does not wait for it any more', async () => {
    const { handler, exits } = createJournal({ init: () => ['reply', Array<Frame>(10).fill(chunk), 'state'] });
    const { session, peer, clock } = startInMemory({ role, handler, limits: { maxBuffered: 256 * kibibyte } });
    await quiet();
    peer.end();
    expect(await session.exited()).toEqual({ type: 'error', error: 'slowConsumer' });
    expect(clock.now()).toBe(0);
    expect(exits).toHaveLength(1);
  });

  it('bounds what another actor has it send, one message at a time', async () => {
    const { handler } = createJournal<string>({ info: () => ['reply', chunk, 'state'] });
    const { session } = startInMemory({ role, handler, peerReads: false, limits: { maxBuffered: 256 * kibibyte } });
    let most = 0;
    for (let i = 0; i < 20; i++) {
      tell(session, 'go');
      most = Math.max(most, session.buffered);
    }
    expect(session.state).toBe('closing');
    expect(most).toBeGreaterThan(3 * 64 * kibibyte);
    expect(most).toBeLessThanOrEqual(256 * kibibyte);
  });

  it('throws a TypeError for what is no frame, sends none of the list, and leaves the session alone', async () => {
    const { session, peer } = startInMemory({ role, handler: createJournal().handler });
    const isFrame = (_: unknown): _ is Frame => true; // lets code that is not checked pass anything
    for (const value of [
      undefined,
      null,
      'x',
      {},
      { type: 'text', data: 1 },
      { type: 'ping', data: 'x'.repeat(126) },
    ]) {
      if (isFrame(value)) expect(() => send(session, [text('before'), value])).toThrow(TypeError);
    }
    await quiet();
    expect(peer.frames).toEqual([]);
    expect(session.state).toBe('open');
  });
});

describe.each(roles)('a peer of a %s that does not read', (role) => {
  it('is not read above highWater either, and is again once it has read', async () => {
    const { handler, lines } = createJournal({ in: () => ['reply', chunk, 'state'] });
    const { session, peer, transport } = startInMemory({
      role,
      handler,
      peerReads: false,
      limits: { highWater: 128 * kibibyte },
    });
    for (let i = 0; i < 10; i++) {
      peer.text(`${i}`);
      await quiet();
    }
    expect(transport.reading).toBe(false);
    expect(lines).toEqual(['init', 'in text 0', 'in text 1']);
    expect(session.buffered).toBeGreaterThan(128 * kibibyte);
    peer.resume();
    await quiet();
    expect(transport.reading).toBe(true);
    expect(lines.slice(3)).toEqual(Array.from({ length: 8 }, (_, i) => `in text ${i + 2}`));
    expect(peer.frames).toHaveLength(10);
    expect(session.buffered).toBe(0);
  });
});

describe.each(roles)('a %s', (role) => {
  it('masks what it sends if and only if it is a client, each frame with another key (RFC 6455 §5.1, §5.3)', async () => {
    const { session, peer } = startInMemory({ role, handler: createJournal().handler });
    send(session, [text('x'), prepare(text('x')), binary(new Uint8Array(10_000)), { type: 'ping' }]);
    await quiet();
    expect(peer.frames.map(({ masked }) => masked)).toEqual(Array(4).fill(role === 'client'));
  });
});
