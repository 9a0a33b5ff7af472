import { once } from 'node:events';
import type { Socket } from 'node:net';
import { active, type Command, close, deflate, hibernate, type Result, send, stop, tell, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { createJournal, type Reactions } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { fromClient } from '../support/raw-frame.ts';
import { echo } from '../support/recording.ts';
import { serve, type Visitor } from '../support/served.ts';
import { expectServing, schemes } from '../support/serving.ts';

type Commands = Command | readonly Command[];

const replying = (...commands: readonly Command[]): Result<string> => ['reply', commands, 'state'];
const ok: Result<string> = ['ok', 'state'];
const onStop: NonNullable<Reactions<Commands>['in']> = (frame) =>
  frame.type === 'text' && frame.data === 'stop' ? replying(active(false)) : ok;

/** Stops reading at the message `stop`; does what messages of actors tell it to. */
const stopping: Reactions<Commands> = { in: onStop, info: (commands) => ['reply', commands, 'state'] };

describe.each(schemes)('active(false) over $scheme', ({ secure }) => {
  /** Resolves when a peer's bytes have gone where they can, and this process has had the time to read them. */
  async function afterwards({ connection }: Visitor): Promise<void> {
    await using other = await serve({ secure, handler: echo });
    let before = -1;
    while (connection.socket.writableLength !== before) {
      before = connection.socket.writableLength;
      await expectServing(other.server, secure);
    }
  }

  it('keeps 100,000 bytes and a text from the handler until active(true), then both come, in order', async () => {
    const { handler, lines } = createJournal(stopping);
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    await visitor.say('stop');
    await visitor.send({ opcode: 2, payload: Buffer.alloc(100_000, 1) }, { opcode: 1, payload: 'after' });
    await afterwards(visitor);
    expect(lines).toEqual(['init', 'in text stop']);
    tell(visitor.session, [text('go on'), active(true)]);
    expect(await visitor.next()).toBe('text go on');
    await visitor.send({ opcode: 9, payload: 'read?' });
    expect(await visitor.next()).toBe('pong read?');
    expect(lines.slice(3)).toEqual([`in binary ${'01'.repeat(100_000)}`, 'in text after', 'in ping read?']);
  });

  it('stops a peer that goes on writing, by the back-pressure of TCP, and loses nothing of it (RFC 9293 §3.8)', async () => {
    const marks: number[] = [];
    const { handler } = createJournal<Commands>({
      ...stopping,
      in(frame, self) {
        if (frame.type === 'binary') marks.push(frame.data[0] ?? -1);
        return onStop(frame, self);
      },
    });
    await using served = await serve({ secure, handler });
    const accepted = once(served.server.http, secure ? 'secureConnection' : 'connection');
    using visitor = await served.visit();
    const [socket]: Socket[] = await accepted;
    await visitor.say('stop');
    const sent = Array.from({ length: 300 }, (_, i) => i % 256);
    for (const mark of sent) {
      visitor.connection.socket.write(fromClient({ opcode: 2, payload: Buffer.alloc(64 * 1024, mark) }));
    }
    await afterwards(visitor);
    expect(visitor.connection.socket.writableLength).toBeGreaterThan(0); // the system takes no more
    expect(socket?.bytesRead).toBeLessThan(1024 * 1024);
    expect(marks).toEqual([]);
    tell(visitor.session, active(true));
    await visitor.send({ opcode: 9 });
    expect(await visitor.next()).toBe('pong');
    expect(marks).toEqual(sent);
  });

  it('dispatches nothing of what came in the same packet: neither messages nor pings, nor the close frame', async () => {
    const { handler, lines } = createJournal(stopping);
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    await visitor.send(
      { opcode: 1, payload: 'stop' },
      { opcode: 1, payload: 'a' },
      { opcode: 9, payload: 'ping' },
      { opcode: 1, fin: false, payload: 'b' },
      { opcode: 0, payload: 'c' },
      { opcode: 8 },
    );
    await afterwards(visitor);
    expect(lines).toEqual(['init', 'in text stop']);
    tell(visitor.session, [text('go on'), active(true)]);
    expect(await visitor.take(3)).toEqual(['text go on', 'pong ping', 'close']);
    await visitor.session.exited();
    expect(lines.slice(3)).toEqual(['in text a', 'in ping ping', 'in text bc', 'in close', 'terminate']);
  });

  it('loses nothing of a peer that ends its direction meanwhile: what it had sent is answered before the end', async () => {
    const { handler, lines } = createJournal<Commands>({
      ...stopping,
      in: (frame, self) => (frame.type === 'text' && frame.data !== 'stop' ? replying(frame) : onStop(frame, self)),
    });
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    await visitor.say('stop', 'a', 'b');
    visitor.connection.end();
    await afterwards(visitor);
    expect(lines).toEqual(['init', 'in text stop']);
    tell(visitor.session, active(true));
    expect(await visitor.take(2)).toEqual(['text a', 'text b']);
    expect(await visitor.session.exited()).toEqual({ type: 'error', error: 'closed' });
  });

  it('in init keeps back what came with the handshake', async () => {
    const { handler, lines } = createJournal<Commands>({ ...stopping, init: () => replying(active(false)) });
    await using served = await serve({ secure, handler });
    using visitor = await served.visitWith([{ opcode: 1, payload: 'first' }]);
    await visitor.say('second');
    await afterwards(visitor);
    expect(lines).toEqual(['init']);
    tell(visitor.session, active(true));
    await visitor.send({ opcode: 9 });
    expect(await visitor.next()).toBe('pong');
    expect(lines.slice(2)).toEqual(['in text first', 'in text second', 'in ping']);
  });
});

describe.each(roles)('active(false) of a %s', (role) => {
  it.each([
    ['init', false],
    ['init', true],
    ['handleIn', false],
    ['handleIn', true],
    ['handleInfo', false],
    ['handleInfo', true],
  ] as const)('holds from %s on (later: %s), until active(true)', async (where, later) => {
    const stopped = (): Result<string> | Promise<Result<string>> => {
      const result: Result<string> = ['reply', [active(false), text('stopped')], 'state', hibernate];
      return later ? Promise.resolve(result) : result;
    };
    let told = 0;
    const { handler, lines } = createJournal<string>({
      init: () => (where === 'init' ? stopped() : ok),
      in: (frame) => (frame.type === 'text' && frame.data === 'stop' ? stopped() : undefined),
      info() {
        if (where === 'handleInfo' && told++ === 0) return stopped();
        return later ? Promise.resolve(replying(active(true))) : replying(active(true));
      },
    });
    const { session, peer, transport } = startInMemory({ role, handler });
    if (where === 'handleIn') peer.text('stop');
    if (where === 'handleInfo') tell(session, 'stop');
    expect(await peer.next()).toBe('text stopped');
    await quiet();
    expect(transport.reading).toBe(false);
    const before = lines.length;
    peer.text('a');
    peer.text('b');
    await quiet();
    expect(lines).toHaveLength(before);
    tell(session, 'go on');
    await quiet();
    expect(lines.slice(before)).toEqual(['info go on', 'in text a', 'in text b']);
    expect(transport.reading).toBe(true);
  });

  it('may be said again, and so may active(true): the last one counts', async () => {
    const { handler, lines } = createJournal<Commands>({ info: (commands) => ['reply', commands, 'state'] });
    const { session, peer, transport } = startInMemory({ role, handler });
    const heard = (): string[] => lines.splice(0).filter((line) => line.startsWith('in '));
    const say = async (word: string, ...commands: Commands[]): Promise<string[]> => {
      for (const command of commands) tell(session, command);
      peer.text(word);
      await quiet();
      return heard();
    };
    await quiet();
    heard();
    expect(await say('1', active(true), active(true))).toEqual(['in text 1']);
    expect(await say('2', active(false), active(false))).toEqual([]);
    expect(await say('3', active(true))).toEqual(['in text 2', 'in text 3']);
    expect(await say('4', [active(false), active(true)])).toEqual(['in text 4']);
    expect(await say('5', [active(true), active(false)])).toEqual([]);
    expect(await say('6', [deflate(true), active(true), active(true)])).toEqual(['in text 5', 'in text 6']);
    expect(transport.reading).toBe(true);
  });

  it('from a busy handler keeps what has come meanwhile: messages of actors are dispatched, the peer’s are not', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal<string>({
      in: (frame) => (frame.type === 'text' && frame.data === 'slow' ? promise : ok),
      info: (message) => (message === 'go on' ? replying(active(true)) : ok),
    });
    const { session, peer } = startInMemory({ role, handler });
    peer.send({ opcode: 1, payload: 'slow' }, { opcode: 1, payload: 'a' });
    peer.text('b');
    await quiet();
    tell(session, 'one');
    resolve(replying(active(false)));
    await quiet();
    tell(session, 'two');
    peer.text('c');
    await quiet();
    expect(lines).toEqual(['init', 'in text slow', 'info one', 'info two']);
    tell(session, 'go on');
    await quiet();
    expect(lines.slice(4)).toEqual(['info go on', 'in text a', 'in text b', 'in text c']);
  });

  it('does not keep frames from being sent, in the same reply or later', async () => {
    const { handler } = createJournal(stopping);
    const { session, peer } = startInMemory({ role, handler });
    tell(session, [text('1'), active(false), text('2')]);
    expect(send(session, text('3'))).toBe('sent');
    tell(session, text('4'));
    await quiet();
    expect(peer.seen).toEqual(['text 1', 'text 2', 'text 3', 'text 4']);
  });

  it('does not let the idle timeout or the heartbeat run: silence is of our own making', async () => {
    const { handler } = createJournal(stopping);
    const { session, peer, clock } = startInMemory({ role, handler, idleTimeout: 1000, heartbeat: 300 });
    tell(session, active(false));
    clock.advance(100_000);
    await quiet();
    expect(session.state).toBe('open');
    tell(session, active(true));
    await quiet();
    clock.advance(299);
    expect(session.state).toBe('open');
    clock.advance(1000);
    expect(session.state).not.toBe('open');
    expect(peer.over).toBe(false);
  });

  it('does not keep a session from being closed: the peer’s answer is read (RFC 6455 §7.1.2)', async () => {
    const { handler, lines } = createJournal(stopping);
    const { session, peer } = startInMemory({ role, handler });
    peer.send({ opcode: 1, payload: 'stop' }, { opcode: 1, payload: 'a' });
    peer.text('b');
    await quiet();
    close(session, 4000);
    expect(await peer.next()).toBe('close 4000');
    peer.close(4000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(lines).toEqual(['init', 'in text stop', 'terminate']);
  });

  it('does not keep a session from being stopped, or from hearing that the connection broke', async () => {
    for (const end of ['stop', 'break'] as const) {
      const { handler } = createJournal(stopping);
      const { session, transport } = startInMemory({ role, handler });
      tell(session, active(false));
      if (end === 'stop') stop(session, 'enough');
      else transport.fail(new Error('reset'));
      expect(await session.exited()).toMatchObject({ type: end === 'stop' ? 'shutdown' : 'transportError' });
    }
  });
});
