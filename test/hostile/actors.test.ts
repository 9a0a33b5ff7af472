import {
  type Call,
  call,
  defineHandler,
  exit,
  getState,
  isCall,
  processInfo,
  type Report,
  type Result,
  type SessionRef,
  sendAfter,
  setOptions,
  tell,
  text,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { openSocket, type SocketPeer } from '../support/socket-peer.ts';
import { wiredSides } from '../support/wires.ts';

type Side = Pick<(typeof wiredSides)[number], 'role' | 'wire'>;

describe.each(wiredSides)('the mailbox of a $role over $wire', ({ role, wire }) => {
  it('G13: holds maxMailbox messages of actors for a busy handler; one more ends the session with 1013, and is counted', async () => {
    const reports: Report[] = [];
    const handler = defineHandler<undefined, string>({
      init: () => ['ok', undefined],
      handleIn: (frame) => (frame.type === 'text' ? new Promise<Result<undefined>>(() => {}) : ['ok', undefined]),
      handleInfo: () => ['ok', undefined],
    });
    await using peer = await openSocket({
      ...{ role, wire, handler, closeTimeout: 0, limits: { maxMailbox: 1000 } },
      logger: (report) => reports.push(report),
    });
    await using other = await openSocket({ role, wire, handler });
    const { session } = peer;
    await peer.say('busy');
    await peer.settled();
    for (let i = 0; i < 1000; i++) tell(session, 'news');
    expect([session.state, processInfo(session).mailbox, reports]).toEqual(['open', 1000, []]);
    tell(session, 'one too many');
    expect(processInfo(session).mailbox).toBe(0);
    tell(session, 'and more');
    expect(await peer.ending()).toEqual({ code: 1013, exit: { type: 'error', error: 'mailboxFull' } });
    expect(reports).toMatchObject([{ level: 'warn', event: 'session.mailbox.overflowed' }]);
    expect(other.session.state).toBe('open');
  });
});

type Message = 'again' | Call<'turns', number>;

/** Echoes to its peer; for each message of an actor it does what the test says, and counts the turns. */
function createTurning(turn: (self: SessionRef<Message>) => void, later: boolean) {
  return defineHandler<number, Message>({
    init: () => ['ok', 0],
    handleIn: (frame, turns) => (frame.type === 'text' ? ['reply', frame, turns] : ['ok', turns]),
    handleInfo(message, turns, self) {
      if (isCall(message)) return ['answer', turns, turns];
      turn(self);
      return later ? Promise.resolve<Result<number>>(['ok', turns + 1]) : ['ok', turns + 1];
    },
  });
}

/** See that a peer is answered, at once and in order. */
async function expectServed(peer: SocketPeer<Message>): Promise<void> {
  await peer.say('a', 'b');
  expect(await peer.hearAll(2)).toEqual(['text a', 'text b']);
  await peer.send({ opcode: 9, payload: 'p' }, { opcode: 1, payload: 'c' });
  expect((await peer.hearAll(2)).toSorted()).toEqual(['pong p', 'text c']);
}

const loops: readonly { readonly title: string; readonly later: boolean }[] = [
  { title: 'at once', later: false },
  { title: 'by promises', later: true },
];
const cases = wiredSides.flatMap((side) => loops.map((loop) => ({ ...side, ...loop })));

describe.each(cases)('a $role over $wire whose messages never end, handled $title', ({ role, wire, later }) => {
  const startLoop = async (side: Side) => {
    const handler = createTurning((self) => tell(self, 'again'), later);
    const peer = await openSocket({ ...side, handler });
    tell(peer.session, 'again');
    return peer;
  };

  it('G15: that tells itself something in a loop serves its peer, and lets all others go on', async () => {
    await using peer = await startLoop({ role, wire });
    await using other = await openSocket({ role, wire, handler: createTurning(() => {}, later) });
    await expectServed(other);
    await expectServed(peer);
    const turns = await call(peer.session, 'turns');
    await expectServed(peer);
    expect(await call(peer.session, 'turns')).toBeGreaterThan(turns);
    expect(await getState(peer.session)).toBeGreaterThan(turns);
    // Timers of everybody come round as well.
    sendAfter(other.session, 'again', 1);
    while ((await call(other.session, 'turns')) === 0) await new Promise(setImmediate);
  });

  it('G15: ends as ever: closed by its peer, by a supervisor, or when the connection is gone', async () => {
    await using closed = await startLoop({ role, wire });
    await closed.send({ opcode: 8, payload: Buffer.of(0x0f, 0xa0) });
    expect(await closed.ending()).toEqual({ code: 4000, exit: { type: 'remote', code: 4000, reason: '' } });
    await using ended = await startLoop({ role, wire });
    await expectServed(ended);
    ended.connection.end();
    expect(await ended.session.exited()).toEqual({ type: 'error', error: 'closed' });
    await using stopped = await startLoop({ role, wire });
    exit(stopped.session, { type: 'shutdown', reason: 'enough' });
    expect(await stopped.ending()).toEqual({ code: 1001, exit: { type: 'shutdown', reason: 'enough' } });
  });

  it('G15: that answers another which answers it serves its peer, as does the other', async () => {
    const partners = new Map<object, SessionRef<Message>>();
    const handler = createTurning((self) => {
      const partner = partners.get(self);
      if (partner !== undefined) tell(partner, 'again');
    }, later);
    await using one = await openSocket({ role, wire, handler });
    await using two = await openSocket({ role, wire, handler });
    await using bystander = await openSocket({ role, wire, handler });
    partners.set(one.session, two.session);
    partners.set(two.session, one.session);
    tell(one.session, 'again');
    for (const peer of [one, two, bystander, one]) await expectServed(peer);
    const turns = await Promise.all([call(one.session, 'turns'), call(two.session, 'turns')]);
    await expectServed(bystander);
    for (const [i, { session }] of [one, two].entries())
      expect(await call(session, 'turns')).toBeGreaterThan(turns[i] ?? 0);
  });
});

describe.each(wiredSides)('what belongs to one $role over $wire', ({ role, wire }) => {
  it('G17: is not another’s: a state that is changed in place, a result that is used again, options that are', async () => {
    const options = { idleTimeout: 5000, limits: { maxMessage: 1000 } };
    interface Mine {
      readonly words: string[];
    }
    /** What every callback of every session returns. */
    const results: ['ok', Mine][] = [];
    const handler = defineHandler<Mine, string>({
      init() {
        const result: ['ok', Mine] = ['ok', { words: [] }];
        results.push(result);
        return result;
      },
      handleIn(frame, state) {
        if (frame.type !== 'text') return ['ok', state];
        state.words.push(frame.data);
        const commands = [text(state.words.join(' ')), setOptions(options)];
        queueMicrotask(() => commands.splice(0)); // it was taken at its word
        return ['reply', commands, state];
      },
      handleInfo(_message, state) {
        for (const result of results) if (result[1] !== state) result[1] = { words: ['somebody else’s'] };
        return ['ok', state];
      },
    });
    const settings = { role, wire, handler, limits: { maxMessage: 2000 } };
    await using one = await openSocket(settings);
    await using two = await openSocket(settings);
    await one.say('a', 'b');
    expect(await one.hearAll(2)).toEqual(['text a', 'text a b']);
    tell(one.session, 'mix up');
    await two.say('c');
    expect(await two.hear()).toBe('text c');
    expect(await Promise.all([getState(one.session), getState(two.session)])).toEqual([
      { words: ['a', 'b'] },
      { words: ['c'] },
    ]);
    // What was given is copied: to change it later changes nobody.
    options.limits.maxMessage = 1;
    settings.limits.maxMessage = 1;
    await one.say('dddd');
    expect(await one.hear()).toBe('text a b dddd');
    options.limits.maxMessage = 1000;
    await two.say('e'.repeat(1001));
    expect((await two.ending()).code).toBe(1009);
    await using three = await openSocket({ ...settings, limits: {} });
    await three.say('f'.repeat(1500));
    expect(await three.hear()).toBe(`text ${'f'.repeat(1500)}`);
  });
});
