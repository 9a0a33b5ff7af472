import {
  type Command,
  defineHandler,
  deflate,
  type Handler,
  listen,
  type Returned,
  setOptions,
  tell,
  text,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { openWebSocket, textFrame } from '../support/raw-client.ts';
import { hex } from '../support/raw-frame.ts';

const hello = 'f248cdc9c90700';
const again = 'f200110000';
const plain = Buffer.from('Hello').toString('hex');

/** A handler that replies with these commands to `init`, to each message and to each info; a message is echoed after them. */
const commanding = (
  on: 'init' | 'handleIn' | 'handleInfo',
  commands: readonly Command[],
): Handler<undefined, string> => {
  const reply = (here: string, ...more: readonly Command[]): Returned<undefined> => [
    'reply',
    [...(here === on ? commands : []), ...more],
    undefined,
  ];
  return defineHandler<undefined, string>({
    init: () => reply('init'),
    handleIn: (frame) => (frame.type === 'text' ? reply('handleIn', frame) : ['ok', undefined]),
    handleInfo: (message) => reply('handleInfo', text(message)),
  });
};

/** A handler that echoes. */
const echo = commanding('init', []);

const callbacks = ['init', 'handleIn', 'handleInfo'] as const;
const toggles = (count: number, last: boolean): Command[] =>
  Array.from({ length: count }, (_, i) => deflate((count - 1 - i) % 2 === 0 ? last : !last));

describe.each(sides)('the commands of a handler behind a $role over $scheme', ({ role, secure }) => {
  const open = (handler: Handler<undefined, string>, params = '') => openCompressed({ role, secure, params, handler });

  /** What comes back for `Hello`: whether it is compressed, and its payload. */
  const wire = async (peer: Awaited<ReturnType<typeof open>>, count: number): Promise<string[]> => {
    const seen: string[] = [];
    while (seen.length < count) {
      await peer.say('Hello');
      const { rsv, payload } = await peer.connection.frame();
      seen.push(`${rsv} ${payload.toString('hex')}`);
    }
    return seen;
  };

  it('deflate: an echo is compressed, with the context of the one before', async () => {
    await using peer = await open(echo);
    expect(await wire(peer, 2)).toEqual([`4 ${hello}`, `4 ${again}`]);
  });

  it('deflate: an echo is compressed by itself where the context is not taken over (RFC 7692 §7.1.1)', async () => {
    await using peer = await open(echo, `${role}_no_context_takeover`);
    expect(await wire(peer, 3)).toEqual([`4 ${hello}`, `4 ${hello}`, `4 ${hello}`]);
  });

  it.each(callbacks)('deflate: off in %s, what follows is sent as it is (RFC 7692 §6)', async (callback) => {
    await using peer = await open(commanding(callback, [deflate(false)]));
    if (callback === 'handleInfo') {
      tell(peer.session, 'Hello');
      expect(await peer.connection.frame()).toMatchObject({ rsv: 0, payload: hex(plain) });
    }
    expect(await wire(peer, 2)).toEqual([`0 ${plain}`, `0 ${plain}`]);
  });

  it.each(callbacks)('deflate: off and on again nine times in %s, the last word counts', async (callback) => {
    for (const last of [true, false]) {
      await using peer = await open(commanding(callback, toggles(9, last)));
      if (callback === 'handleInfo') {
        tell(peer.session, 'Hello');
        expect(await peer.connection.frame()).toMatchObject({ rsv: last ? 4 : 0 });
      }
      const [first] = await wire(peer, 1);
      expect(first?.startsWith(last ? '4 ' : '0 ')).toBe(true);
    }
  });

  it('deflate: takes effect frame by frame, and what was sent as it is leaves the context alone', async () => {
    const reply = [text('Hello'), deflate(false), text('Hello'), text('Hello'), deflate(true), text('Hello')];
    await using peer = await open(commanding('init', reply));
    const seen: string[] = [];
    while (seen.length < 4) {
      const { rsv, payload } = await peer.connection.frame();
      seen.push(`${rsv} ${payload.toString('hex')}`);
    }
    expect(seen).toEqual([`4 ${hello}`, `0 ${plain}`, `0 ${plain}`, `4 ${again}`]);
  });

  it('deflate: off says nothing about what the peer sends', async () => {
    await using peer = await open(commanding('init', [deflate(false)]));
    await peer.sendCompressed(hex(hello));
    await peer.sendCompressed(hex(again));
    expect(await peer.hearAll(2)).toEqual(['text Hello', 'text Hello']);
  });

  it.each(callbacks)('setOptions: a limit set in %s holds for the inflated size from there on', async (callback) => {
    await using peer = await open(commanding(callback, [setOptions({ limits: { maxMessage: 100 } })]));
    if (callback === 'handleIn') await peer.say('go');
    else if (callback === 'handleInfo') tell(peer.session, 'go');
    if (callback !== 'init') expect(await peer.hear()).toBe('text go');
    await peer.say('x'.repeat(100));
    expect(await peer.hear()).toBe(`text ${'x'.repeat(100)}`);
    await peer.say('x'.repeat(101));
    expect(await peer.ending()).toMatchObject({ code: 1009, exit: { violation: { code: 'messageTooBig' } } });
  });

  it.each(callbacks)('setOptions: text goes unchecked from %s on, and checked again', async (callback) => {
    const commands = [true, false, true, false].map((validateUtf8) => setOptions({ validateUtf8 }));
    await using peer = await open(commanding(callback, commands));
    if (callback === 'handleIn') await peer.say('go');
    else if (callback === 'handleInfo') tell(peer.session, 'go');
    if (callback !== 'init') expect(await peer.hear()).toBe('text go');
    await peer.sendCompressed(await peer.compressor.compress(hex('ff')));
    expect((await peer.read()).payload).toEqual(hex('ff'));
  });
});

describe('where compression was not agreed on', () => {
  it.each(callbacks)('ten toggles in %s change nothing', async (callback) => {
    for (const compress of [true, false]) {
      await using server = await listen({
        host: '127.0.0.1',
        handler: commanding(callback, toggles(10, true)),
        compress,
      });
      using client = await openWebSocket({ port: server.port });
      if (callback === 'handleInfo') {
        for (const session of server.sessions.children()) tell(session, 'Hello');
        expect(await client.frame()).toMatchObject({ rsv: 0 });
      }
      for (let turn = 0; turn < 2; turn++) {
        await client.write(textFrame('Hello'));
        expect(await client.frame()).toMatchObject({ opcode: 1, rsv: 0, payload: hex(plain) });
      }
    }
  });
});
