import { close, defineHandler, type Result, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { openWebSocket, textFrame } from '../support/raw-client.ts';
import { serve } from '../support/served.ts';
import { schemes } from '../support/serving.ts';

interface Counted {
  readonly heard: number;
}

const first = defineHandler<Counted, string>({
  version: 1,
  init: () => ['ok', { heard: 0 }],
  handleIn: (frame, { heard }) =>
    frame.type === 'text' ? ['reply', text(`1: ${frame.data}`), { heard: heard + 1 }] : ['ok', { heard }],
});

const isCounted = (state: unknown): state is Counted =>
  typeof state === 'object' && state !== null && 'heard' in state && typeof state.heard === 'number';

/** Goes on counting. Where the count says so it does not want to take over. */
const second = defineHandler<number, string>({
  version: 2,
  init: () => ['ok', 0],
  codeChange(old, version) {
    if (version !== 1 || !isCounted(old)) throw new TypeError('a state of version 1');
    if (old.heard > 5) throw new RangeError(`${old.heard} is too much`);
    return old.heard;
  },
  handleIn: (frame, heard) =>
    frame.type === 'text' ? ['reply', text(`2: ${frame.data} after ${heard}`), heard + 1] : ['ok', heard],
});

const count = 100;
/** Messages of each: no more than `codeChange` puts up with. */
const each = 5;

describe.each(schemes)('a server over $scheme that is given other code', ({ secure }) => {
  it('changes 100 live connections, none of which is dropped or loses a message; new ones begin with it', async () => {
    await using served = await serve<Counted, string>({ secure, handler: first });
    const clients = await Promise.all(Array.from({ length: count }, () => openWebSocket(served.where)));
    const heard: string[][] = [];
    let total = 0;
    const talks = clients.map(async (client, id) => {
      const answers: string[] = [];
      heard.push(answers);
      for (let n = 0; n < each; n++) {
        await client.write(textFrame(`${id}/${n}`));
        answers.push(await client.text());
        total++;
      }
    });
    while (total < (count * each) / 3) await new Promise(setImmediate);
    expect(await served.server.changeCode(second)).toBe(count);
    await Promise.all(talks);
    expect(served.server.sessions.count).toBe(count);
    expect(heard.flat().filter((answer) => answer.startsWith('2: ')).length).toBeGreaterThan(count);
    for (const [id, client] of clients.entries()) {
      const answers = heard[id] ?? [];
      const changed = answers.findIndex((answer) => answer.startsWith('2: '));
      const before = changed === -1 ? answers.length : changed;
      expect(answers).toEqual(answers.map((_, n) => (n < before ? `1: ${id}/${n}` : `2: ${id}/${n} after ${n}`)));
      await client.write(textFrame('last'));
      expect(await client.text()).toBe(`2: last after ${each}`);
    }
    using late = await openWebSocket(served.where);
    await late.write(textFrame('new'));
    expect(await late.text()).toBe('2: new after 0');
    expect(served.reports).toEqual([]);
    for (const client of clients) client[Symbol.dispose]();
  });

  it('tells of those that cannot be changed, which go on as before', async () => {
    await using served = await serve<Counted, string>({ secure, handler: first });
    using talker = await served.visit();
    using listener = await served.visit();
    await talker.say('1', '2', '3', '4', '5', '6');
    await talker.take(6);
    const change = served.server.changeCode(second);
    await expect(change).rejects.toThrow(AggregateError);
    await expect(change).rejects.toMatchObject({ errors: [new RangeError('6 is too much')] });
    await talker.say('still here');
    await listener.say('here');
    expect([await talker.next(), await listener.next()]).toEqual(['text 1: still here', 'text 2: here after 0']);
  });

  it('waits for those that are busy, and begins with it where init is under way', async () => {
    const inits: (() => void)[] = [];
    const calls: (() => void)[] = [];
    const slow = defineHandler<Counted, string>({
      version: 1,
      init: () => new Promise((resolve) => inits.push(() => resolve(['ok', { heard: 0 }]))),
      handleIn: (frame, state) =>
        frame.type === 'text'
          ? new Promise<Result<Counted>>((resolve) =>
              calls.push(() => resolve(['reply', text(`1: ${frame.data}`), { heard: state.heard + 1 }])),
            )
          : ['ok', state],
    });
    await using served = await serve<Counted, string>({ secure, handler: slow });
    using busy = await served.visit();
    inits.shift()?.();
    await busy.say('slow', 'next');
    while (calls.length === 0) await new Promise(setImmediate);
    using young = await served.visit();
    await young.say('first words');
    let changed = 0;
    const change = served.server.changeCode(second).then((sessions) => {
      changed = sessions;
    });
    await new Promise(setImmediate);
    expect(changed).toBe(0);
    inits.shift()?.();
    calls.shift()?.();
    await change;
    expect(changed).toBe(2);
    expect(await busy.take(2)).toEqual(['text 1: slow', 'text 2: next after 1']);
    expect(await young.next()).toBe('text 2: first words after 0');
  });

  it('gives up those that are busy for longer than the timeout, and does not count those that end meanwhile', async () => {
    const stuck = defineHandler<Counted, string>({
      ...first,
      handleIn: (frame, state) => (frame.type === 'text' ? new Promise<Result<Counted>>(() => {}) : ['ok', state]),
    });
    await using served = await serve<Counted, string>({ secure, handler: stuck, closeTimeout: 10 });
    using busy = await served.visit();
    using idle = await served.visit();
    await busy.say('go');
    await new Promise(setImmediate);
    while (busy.session.statistics.messagesIn === 0) await new Promise(setImmediate);
    const hasty = served.server.changeCode(second, { timeout: 1 });
    await expect(hasty).rejects.toMatchObject({ errors: [{ code: 'timeout' }] });
    const patient = served.server.changeCode(defineHandler<unknown, string>({ ...second, codeChange: (old) => old }));
    close(busy.session);
    await busy.next();
    served.clock.advance(10);
    served.clock.advance(10);
    expect(await patient).toBe(1);
    await idle.say('here');
    expect(await idle.next()).toBe('text 2: here after 0');
  });
});
