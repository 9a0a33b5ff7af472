import { tell } from '@genws/actor';
import { binary, type Role, text } from '@genws/protocol';
import {
  close,
  type PublishOutcome,
  publish,
  type Result,
  type SendOutcome,
  type SlowConsumerPolicy,
  send,
  setOptions,
  stop,
} from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { numbersFrom } from '../support/numbered-messages.ts';
import { chunk, limits, numbersIn, startObserved } from '../support/observed-session.ts';

const kibibyte = 1024;
const ok: Result<string> = ['ok', 'state'];
/** What the session writes at a time, in bytes, and cannot take back. */
const atATime = 256 * kibibyte;
const nothing = { sent: 0, queued: 0, congested: 0, dropped: 0, closed: 0 };

describe.each(roles)('an awaited send of a %s', (role) => {
  it('paces a producer: never more than highWater and one frame wait, and everything arrives in order', async () => {
    const { session, peer, lines } = startObserved({ role, peerReads: false });
    let most = 0;
    const produce = async (): Promise<SendOutcome[]> => {
      const outcomes: SendOutcome[] = [];
      for (let i = 0; i < 100; i++) {
        outcomes.push(await send(session, chunk(i), { slowConsumer: 'wait' }));
        most = Math.max(most, session.buffered);
      }
      return outcomes;
    };
    let over = false;
    const produced = produce().finally(() => {
      over = true;
    });
    while (!over) {
      await quiet();
      most = Math.max(most, session.buffered);
      peer.readOnce();
    }
    expect(await produced).toEqual(Array(100).fill('sent'));
    peer.resume();
    await quiet();
    expect(numbersIn(peer.frames)).toEqual(numbersFrom(0, 100));
    expect(most).toBeGreaterThan(limits.highWater);
    expect(most).toBeLessThanOrEqual(limits.highWater + 33 * kibibyte);
    expect(lines.slice(0, 4)).toEqual(['congested', 'relieved', 'congested', 'relieved']);
  });

  it('waits together with others, who go on together', async () => {
    const { session, peer } = startInMemory({ role, handler: createJournal().handler, limits, peerReads: false });
    let settled = 0;
    const sends = numbersFrom(0, 30).map(async (i) => {
      const outcome = await send(session, chunk(i), { slowConsumer: 'wait' });
      settled++;
      return outcome;
    });
    await quiet();
    const before = settled;
    expect(before).toBe(7);
    while (session.buffered > limits.lowWater) {
      expect(settled).toBe(before);
      peer.readOnce();
      await quiet();
    }
    expect([settled, await Promise.all(sends)]).toEqual([30, Array(30).fill('sent')]);
  });

  const endings: readonly (readonly [string, (started: ReturnType<typeof startObserved>) => void])[] = [
    ['is closed', ({ session }) => close(session)],
    ['is stopped', ({ session }) => stop(session)],
    ['crashes', ({ session }) => tell(session, setOptions({ idleTimeout: -1 }))],
    ['gives up on its peer', ({ session }) => send(session, binary(Buffer.alloc(2 ** 24)), {})],
    ['loses the connection', ({ transport }) => transport.fail(new Error('reset'))],
    ['hears nothing for too long', ({ clock }) => clock.advance(60_000)],
    ['is killed', ({ session }) => session.stop()],
  ];

  it.each(endings)('is fulfilled with closed when the session %s, and at once from then on', async (_what, end) => {
    const started = startObserved({ role, peerReads: false });
    const { session } = started;
    const outcomes: (SendOutcome | undefined)[] = [];
    for (let i = 0; i < 12; i++)
      send(session, chunk(i), { slowConsumer: 'wait' }).then((outcome) => (outcomes[i] = outcome));
    await quiet();
    const waiting = 12 - outcomes.filter((outcome) => outcome === 'sent').length;
    expect(waiting).toBeGreaterThan(2);
    end(started);
    await quiet();
    expect(outcomes.slice(-waiting)).toEqual(Array(waiting).fill('closed'));
    expect(await send(session, chunk(0), { slowConsumer: 'wait' })).toBe('closed');
  });

  it('during init is fulfilled at the latest when the session is open, if the peer has read by then', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal({ init: () => promise });
    const { session, peer } = startInMemory({ role, handler, limits, peerReads: false });
    let settled = 0;
    const sends = numbersFrom(0, 15).map(async (i) => {
      await send(session, chunk(i), { slowConsumer: 'wait' });
      settled++;
    });
    await quiet();
    expect(settled).toBeLessThan(12);
    peer.resume();
    await quiet();
    expect([session.state, peer.frames.length]).toEqual(['ready_wait', 15]);
    resolve(ok);
    await quiet();
    expect([session.state, settled]).toEqual(['open', 15]);
    await Promise.all(sends);
  });

  it('is fulfilled with congested when the frame finds no room at all, and the session goes on', async () => {
    const { session } = startInMemory({
      role,
      handler: createJournal().handler,
      limits: { maxBuffered: 100 * kibibyte },
      peerReads: false,
    });
    for (let i = 0; i < 3; i++) send(session, chunk(i));
    expect(await send(session, chunk(3), { slowConsumer: 'wait' })).toBe('congested');
    expect(session.state).toBe('open');
  });
});

describe.each(roles)('the policy wait of a %s', (role) => {
  it('keeps messages of actors, too, until the peer has caught up; then all come in their order', async () => {
    const { session, peer, lines } = startObserved({ role, peerReads: false, slowConsumer: 'wait' });
    for (let i = 0; i < 20; i++) send(session, chunk(i));
    peer.text('1 of the peer');
    await quiet();
    for (let i = 1; i <= 3; i++) tell(session, `${i} of an actor`);
    peer.text('2 of the peer');
    await quiet();
    expect(lines).toEqual([]);
    peer.readOnce();
    await quiet();
    expect(lines).toEqual([]);
    peer.resume();
    await quiet();
    expect(lines.filter((line) => line.endsWith('of an actor'))).toEqual(
      numbersFrom(1, 4).map((i) => `${i} of an actor`),
    );
    expect(lines.filter((line) => line.endsWith('of the peer'))).toEqual(
      numbersFrom(1, 3).map((i) => `${i} of the peer`),
    );
    expect(lines.filter((line) => !line.includes(' of '))).toEqual(['congested', 'relieved']);
  });

  it('makes replies wait for the peer: what a handler is told leads to no more than fits', async () => {
    const { handler, lines } = createJournal<number>({ info: (number) => ['reply', chunk(number), 'state'] });
    const { session, peer } = startInMemory({ role, handler, limits, peerReads: false, slowConsumer: 'wait' });
    let most = 0;
    for (let number = 0; number < 100; number++) {
      tell(session, number);
      most = Math.max(most, session.buffered);
    }
    await quiet();
    expect(lines).toHaveLength(9);
    while (peer.frames.length < 100) {
      peer.readOnce();
      await quiet();
      most = Math.max(most, session.buffered);
    }
    expect(most).toBeLessThanOrEqual(limits.highWater + atATime + 33 * kibibyte);
    expect(numbersIn(peer.frames)).toEqual(numbersFrom(0, 100));
  });

  it('refuses what finds no room, and tells the sender; a reply that finds none ends the session', async () => {
    const { handler } = createJournal<string>({ info: () => ['reply', numbersFrom(0, 10).map(chunk), 'state'] });
    const small = { maxBuffered: 256 * kibibyte, highWater: 256 * kibibyte };
    const { session } = startInMemory({ role, handler, limits: small, peerReads: false, slowConsumer: 'wait' });
    const outcomes = numbersFrom(0, 10).map((i) => send(session, chunk(i)));
    expect(outcomes).toEqual([...Array(7).fill('sent'), ...Array(3).fill('congested')]);
    expect([session.state, session.dropped]).toEqual(['open', 0]);
    tell(session, 'reply');
    expect(session.state).toBe('closing');
  });

  it('does not let messages of actors gather without end: maxMailbox ends the session with 1013', async () => {
    const { handler, exits } = createJournal();
    const { session, peer } = startInMemory({
      role,
      handler,
      limits: { ...limits, maxMailbox: 100 },
      peerReads: false,
      slowConsumer: 'wait',
    });
    for (let i = 0; i < 20; i++) send(session, chunk(i));
    await quiet();
    for (let i = 0; i < 101; i++) tell(session, i);
    peer.resume();
    await quiet();
    expect(peer.seen.at(-1)).toBe('close 1013 mailbox full');
    peer.end();
    await session.exited();
    expect(exits).toEqual([{ type: 'error', error: 'mailboxFull' }]);
  });
});

/** A session whose peer does not read: some messages are on their way, others wait, and no other has room. */
async function startFull(role: Role, slowConsumer: SlowConsumerPolicy) {
  const small = { maxBuffered: 256 * kibibyte, highWater: 256 * kibibyte };
  const handler = createJournal().handler;
  const started = startInMemory({ role, handler, limits: small, peerReads: false, slowConsumer });
  for (let number = 0; number < 7; number++) {
    expect(send(started.session, chunk(number))).toBe('sent');
    await quiet();
  }
  return started;
}

const policies = ['close', 'drop-oldest', 'drop-newest', 'wait'] as const;

describe.each(roles)('the policy of a call to a %s', (role) => {
  it.each(policies)('replaces that of the session, %s, for this call alone', async (policy) => {
    const { session, peer } = await startFull(role, policy);
    expect(send(session, chunk(7), { slowConsumer: 'drop-newest' })).toBe('dropped');
    expect([session.state, session.dropped]).toEqual(['open', 1]);
    expect(send(session, chunk(8), { slowConsumer: 'drop-oldest' })).toBe('sent');
    expect([session.state, session.dropped]).toEqual(['open', 2]);
    expect(await send(session, chunk(9), { slowConsumer: 'wait' })).toBe('congested');
    expect([session.state, session.dropped]).toEqual(['open', 2]);
    const own = { close: 'congested', 'drop-oldest': 'sent', 'drop-newest': 'dropped', wait: 'congested' }[policy];
    expect([send(session, chunk(10)), session.state]).toEqual([own, policy === 'close' ? 'closing' : 'open']);
    if (policy !== 'close') expect(send(session, chunk(11), { slowConsumer: 'close' })).toBe('congested');
    expect(session.state).toBe('closing');
    peer.resume();
    await quiet();
    expect(peer.seen.at(-1)).toBe('close 1013 slow consumer');
  });

  it('drop-newest keeps the first, drop-oldest the last, and both count what they drop, of a list too', async () => {
    for (const [policy, kept] of [
      ['drop-newest', [0, 1, 2, 3, 4, 5, 6]],
      ['drop-oldest', [0, 1, 8, 9, 10, 11, 12]],
    ] as const) {
      const { session, peer } = await startFull(role, policy);
      const list = numbersFrom(7, 13).map(chunk);
      expect(send(session, list)).toBe(policy === 'drop-newest' ? 'dropped' : 'sent');
      expect(session.dropped).toBe(6);
      peer.resume();
      await quiet();
      expect(numbersIn(peer.frames)).toEqual(kept);
    }
  });
});

describe.each(roles)('publish to sessions as a %s', (role) => {
  it('counts what became of the message, each session once', async () => {
    const full = await Promise.all(policies.map((policy) => startFull(role, policy)));
    const stuck = full.map(({ session }) => session);
    const reading = startInMemory({ role, handler: createJournal().handler }).session;
    const except = startInMemory({ role, handler: createJournal().handler });
    const over = startInMemory({ role, handler: createJournal().handler }).session;
    stop(over);
    const sessions = [...stuck, reading, except.session, over];
    const options = { except: except.session };
    expect(publish(sessions, chunk(3), options)).toEqual({ sent: 2, queued: 0, congested: 2, dropped: 1, closed: 1 });
    expect(stuck.map(({ state, dropped }) => [state, dropped])).toEqual([
      ['closing', 0],
      ['open', 1],
      ['open', 1],
      ['open', 0],
    ]);
    const now = publish(sessions, chunk(3), { ...options, slowConsumer: 'drop-newest' });
    expect(now).toEqual({ ...nothing, sent: 1, dropped: 3, closed: 2 });
    await quiet();
    expect(except.peer.frames).toEqual([]);
    expect(publish([], text('nobody'))).toEqual(nothing);
  });

  it('says queued for the session whose handler is at work', async () => {
    const outcomes: PublishOutcome[] = [];
    const { handler } = createJournal({
      in(_frame, self) {
        outcomes.push(publish([self], text('to myself')));
        return ok;
      },
    });
    const { peer } = startInMemory({ role, handler });
    peer.text('go');
    expect(await peer.next()).toBe('text to myself');
    expect(outcomes).toEqual([{ ...nothing, queued: 1 }]);
  });
});
