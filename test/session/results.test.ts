import { tell } from '@genws/actor';
import { binary, ping, type Role, text } from '@genws/protocol';
import { defineHandler, type Result, type Returned, type SessionExit } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { plainReceived } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

type Where = 'init' | 'handleIn' | 'handleInfo';

const wheres: readonly Where[] = ['init', 'handleIn', 'handleInfo'];
const cases = roles.flatMap((role) =>
  wheres.flatMap((where) => [false, true].map((later) => ({ role, where, later, when: later ? 'later' : 'at once' }))),
);

interface Case {
  readonly role: Role;
  readonly where: Where;
  readonly later: boolean;
}

/** A session one of whose callbacks returns `result`, once; all else it answers with `ok`. */
async function startReturning({ role, where, later }: Case, result: Result<string>) {
  const lines: string[] = [];
  const exits: SessionExit[] = [];
  let left = 1;
  const answer = (callback: Where, state: string): Returned<string> => {
    if (callback !== where || left-- === 0) return ['ok', state];
    return later ? Promise.resolve(result) : result;
  };
  const handler = defineHandler<string, string>({
    init: () => answer('init', 'initial'),
    handleIn(frame, state) {
      lines.push(`${plainReceived(frame)}, ${state}`);
      return answer('handleIn', state);
    },
    handleInfo(message, state) {
      lines.push(`${message}, ${state}`);
      return answer('handleInfo', state);
    },
    terminate(exit, state) {
      lines.push(`terminate, ${state}`);
      exits.push(exit);
    },
  });
  const started = startInMemory({ role, handler });
  if (where === 'handleIn') started.peer.text('go');
  if (where === 'handleInfo') tell(started.session, 'go');
  await quiet();
  // What has provoked the result belongs to every case.
  if (where !== 'init') expect(lines.shift()).toBe(where === 'handleIn' ? 'text go, initial' : 'go, initial');
  return { ...started, lines, exits };
}

describe.each(cases)('a $role whose $where returns $when', (one) => {
  it('ok: sends nothing and goes on with the new state', async () => {
    const { session, peer, lines } = await startReturning(one, ['ok', 'new']);
    peer.text('next');
    tell(session, 'message');
    await quiet();
    expect(lines.sort()).toEqual(['message, new', 'text next, new']);
    expect(peer.frames).toEqual([]);
    expect(session.state).toBe('open');
  });

  it('reply with a frame: sends it and goes on with the new state', async () => {
    const { session, peer, lines } = await startReturning(one, ['reply', text('hello'), 'new']);
    expect(peer.seen).toEqual(['text hello']);
    peer.text('next');
    await quiet();
    expect(lines).toEqual(['text next, new']);
    expect(session.state).toBe('open');
  });

  it('reply with many frames: sends them in order, in one write', async () => {
    const frames = [text('one'), binary(Uint8Array.of(2)), ping('three'), text('four')];
    const { peer, transport } = await startReturning(one, ['reply', frames, 'new']);
    expect(peer.seen).toEqual(['text one', 'binary 02', 'ping three', 'text four']);
    expect(transport.writes).toBe(1);
  });

  it('reply with no frames: sends nothing', async () => {
    const { session, peer } = await startReturning(one, ['reply', [], 'new']);
    expect(peer.frames).toEqual([]);
    expect(session.state).toBe('open');
  });

  it('reply with a close frame in the middle: sends what stands before it, then ends (RFC 6455 §5.5.1)', async () => {
    const close = { type: 'close', code: 4000, reason: 'enough' } as const;
    const { session, peer, lines, exits } = await startReturning(one, [
      'reply',
      [text('before'), close, text('after'), { type: 'close', code: 4001 }],
      'new',
    ]);
    expect(peer.seen).toEqual(['text before', 'close 4000 enough']);
    expect(session.state).toBe('closing');
    peer.close(4000);
    peer.end();
    await quiet();
    expect(peer.seen).toHaveLength(2);
    expect(lines).toEqual(['terminate, new']);
    expect(exits).toEqual([{ type: 'stop', reason: close }]);
  });

  it('stop: closes with 1000, and terminate gets the reason and the new state', async () => {
    const { session, peer, lines, exits } = await startReturning(one, ['stop', { why: 'done' }, 'new']);
    expect(peer.seen).toEqual(['close 1000']);
    expect(session.state).toBe('closing');
    peer.close(1000);
    peer.end();
    await quiet();
    expect(lines).toEqual(['terminate, new']);
    expect(exits).toEqual([{ type: 'stop', reason: { why: 'done' } }]);
    expect(await session.exited()).toEqual({ type: 'stop', reason: { why: 'done' } });
  });
});

/** What is no result, as it may come from code that is not checked. */
const noResults: readonly [string, unknown][] = [
  ['nothing', undefined],
  ['the state alone', 'state'],
  ['an unknown tag', ['okay', 'state']],
  ['ok without a state', ['ok']],
  ['a reply without a state', ['reply', text('x')]],
  ['ok with too much', ['ok', 'state', 'more']],
  ['a reply with what is no frame', ['reply', { type: 'text', data: 7 }, 'state']],
  ['a reply with a frame of no type', ['reply', [{}], 'state']],
];

/** Lets code that is not checked pass a value for a result. */
const isResult = (_: unknown): _ is Result<string> => true;

describe.each(wheres)('a session whose %s returns', (where) => {
  it.each(noResults)('%s: ends with 1011 and a crash report', async (_, value) => {
    if (!isResult(value)) return;
    for (const later of [false, true]) {
      const { session, peer, reports } = await startReturning({ role: 'server', where, later }, value);
      expect(await peer.next()).toBe('close 1011 internal error');
      peer.end();
      expect(await session.exited()).toMatchObject({ type: 'crash', callback: where, error: expect.any(TypeError) });
      expect(reports).toMatchObject([{ level: 'error', event: 'session.crashed', fields: { callback: where } }]);
    }
  });
});

describe('a handler without handleInfo', () => {
  it('does not hear messages, and its session lives on', async () => {
    const handler = defineHandler({
      init: () => ['ok', 0],
      handleIn: (frame, count) => (frame.type === 'text' ? ['reply', text(`${count}`), count + 1] : ['ok', count]),
    });
    const { session, peer, reports } = startInMemory({ handler });
    tell(session, 'anybody there?');
    peer.text('x');
    peer.text('x');
    expect(await peer.take(2)).toEqual(['text 0', 'text 1']);
    expect(reports).toEqual([]);
  });
});

describe('a handler without terminate', () => {
  it('ends like any other', async () => {
    const handler = defineHandler({ init: () => ['ok', 0], handleIn: (_, count) => ['ok', count] });
    const { session, peer } = startInMemory({ handler });
    peer.close(1000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'remote', code: 1000, reason: '' });
  });
});
