import { binary, type Command, hibernate, type Result, tell, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { createJournal, type Journal } from '../support/journal.ts';
import { serve, type Visitor } from '../support/served.ts';
import { schemes } from '../support/serving.ts';

type Where = 'init' | 'handleIn' | 'handleInfo';

interface Case {
  readonly secure: boolean;
  readonly where: Where;
  readonly later: boolean;
  readonly hibernating: boolean;
}

const switches = [false, true];
const cases = schemes.flatMap(({ scheme, secure }) =>
  (['init', 'handleIn', 'handleInfo'] as const).flatMap((where) =>
    switches.flatMap((later) =>
      switches.map((hibernating) => ({
        ...{ scheme, secure, where, later, hibernating },
        when: later ? 'later' : 'at once',
        how: hibernating ? ', hibernating' : '',
      })),
    ),
  ),
);

const reply = (commands: Command | readonly Command[], { hibernating }: Case): Result<string> =>
  hibernating ? ['reply', commands, 'new', hibernate] : ['reply', commands, 'new'];

/** Lets code that is not checked pass a value for a result. */
const isResult = (_: unknown): _ is Result<string> => true;

/** Visit a server one of whose callbacks returns `result`, once; it is called before this resolves or soon after. */
async function visit({ secure, where, later }: Case, result: Result<string>) {
  const answer = (): Result<string> | Promise<Result<string>> => (later ? Promise.resolve(result) : result);
  const journal = createJournal<string>({
    init: () => (where === 'init' ? answer() : ['ok', 'initial']),
    in: (frame) => (where === 'handleIn' && frame.type === 'text' && frame.data === 'go' ? answer() : undefined),
    info: () => answer(),
  });
  const { handleIn } = journal.handler;
  const handler = {
    ...journal.handler,
    /** Tells its state to who asks for it. */
    handleIn: (...[frame, state, self]: Parameters<typeof handleIn>) => {
      if (frame.type === 'text' && frame.data === 'state?') return ['reply', text(state), state] as const;
      return handleIn(frame, state, self);
    },
  };
  const served = await serve({ secure, handler });
  const visitor = await served.visit();
  if (where === 'handleIn') await visitor.say('go');
  if (where === 'handleInfo') tell(visitor.session, 'go');
  return { served, visitor, journal };
}

/** See that nothing has been sent meanwhile, and that the session has gone on with its new state. */
async function expectOpen(visitor: Visitor): Promise<void> {
  await visitor.say('state?');
  expect(await visitor.next()).toBe('text new');
  expect(visitor.session.state).toBe('open');
}

/** Answer the close frame: the connection ends, terminate has run once. */
async function expectOver(visitor: Visitor, { exits, lines }: Journal<string>, exit: unknown): Promise<void> {
  await visitor.leave();
  expect(await visitor.session.exited()).toEqual(exit);
  expect(exits).toEqual([exit]);
  expect(lines.filter((line) => line === 'terminate')).toHaveLength(1);
}

describe.each(cases)('$where returns $when over $scheme$how', (one) => {
  it('nothing: nothing is sent, and the session goes on with the new state', async () => {
    const { served, visitor } = await visit(one, one.hibernating ? ['ok', 'new', hibernate] : ['ok', 'new']);
    await using _ = served;
    using __ = visitor;
    await expectOpen(visitor);
  });

  it('one frame: it is sent', async () => {
    const { served, visitor } = await visit(one, reply(text('Hello'), one));
    await using _ = served;
    using __ = visitor;
    expect(await visitor.next()).toBe('text Hello');
    await expectOpen(visitor);
  });

  it('many frames: all are sent, in order', async () => {
    const { served, visitor } = await visit(
      one,
      reply([text('Hello'), binary(Buffer.from('World')), text('!'), { type: 'ping', data: 'there?' }], one),
    );
    await using _ = served;
    using __ = visitor;
    expect(await visitor.take(4)).toEqual(['text Hello', 'binary 576f726c64', 'text !', 'ping there?']);
    await expectOpen(visitor);
  });

  it('a close frame: it is sent, and the answer ends the session (RFC 6455 §7.1.1)', async () => {
    const { served, visitor, journal } = await visit(one, reply({ type: 'close' }, one));
    await using _ = served;
    using __ = visitor;
    expect(await visitor.next()).toBe('close');
    await expectOver(visitor, journal, { type: 'stop', reason: { type: 'close' } });
  });

  it('frames around a close frame: nothing is sent after it (RFC 6455 §5.5.1)', async () => {
    const close = { type: 'close', code: 1001, reason: 'some text!' } as const;
    const { served, visitor, journal } = await visit(one, reply([text('Hello'), close, text('unsent'), close], one));
    await using _ = served;
    using __ = visitor;
    expect(await visitor.take(2)).toEqual(['text Hello', 'close 1001 some text!']);
    await expectOver(visitor, journal, { type: 'stop', reason: close });
  });

  it('what is no result: the session ends with 1011 and a report (RFC 6455 §7.4.1)', async () => {
    const nonsense: unknown = one.hibernating ? ['bad', 'new', hibernate] : 'bad';
    if (!isResult(nonsense)) return;
    const { served, visitor, journal } = await visit(one, nonsense);
    await using _ = served;
    using __ = visitor;
    expect(await visitor.next()).toBe('close 1011 internal error');
    await visitor.leave();
    const exit = { type: 'crash', callback: one.where, error: expect.any(TypeError) };
    expect(await visitor.session.exited()).toEqual(exit);
    expect(journal.exits).toEqual(one.where === 'init' ? [] : [exit]); // no state, no terminate
    expect(served.reports.map(({ level, event }) => [level, event])).toEqual([['error', 'session.crashed']]);
  });
});
