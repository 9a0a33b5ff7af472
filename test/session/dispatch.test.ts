import { tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, type Result, type Returned, send } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal, slowly } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

const ok: Result<string> = ['ok', 'state'];
const kibibyte = 1024;

describe.each(roles)('while the handler of a %s is busy', (role) => {
  it('nothing else is dispatched, and afterwards all that waited, in order', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: slowly(promise) });
    const { session, peer } = startInMemory({ role, handler });
    peer.send({ opcode: 1, payload: 'slow' }, { opcode: 1, payload: 'same chunk' }, { opcode: 9, payload: 'p' });
    await quiet();
    tell(session, 1);
    peer.text('next chunk');
    await quiet();
    tell(session, 2);
    peer.close(1000);
    await quiet();
    expect(lines).toEqual(['init', 'in text slow']);
    resolve(ok);
    await quiet();
    expect(lines.slice(2).filter((line) => line !== 'terminate')).toEqual([
      'in text same chunk',
      'in ping p',
      'info 1',
      'in text next chunk',
      'info 2',
      'in close 1000',
    ]);
  });

  it('its replies keep the order of the messages, whether they come at once or later', async () => {
    const reply = (data: string): Returned<string> => {
      const result: Result<string> = ['reply', text(data), 'state'];
      const rounds = Number(data) % 3;
      if (rounds === 0) return result;
      let promise = Promise.resolve(result);
      for (let i = 0; i < rounds; i++) promise = promise.then((same) => same);
      return promise;
    };
    const { handler } = createJournal({ in: (frame) => (frame.type === 'text' ? reply(frame.data) : ok) });
    const { peer } = startInMemory({ role, handler });
    const numbers = Array.from({ length: 300 }, (_, i) => `${i}`);
    for (const payload of numbers) peer.text(payload);
    expect(await peer.take(300)).toEqual(numbers.map((n) => `text ${n}`));
  });

  it('pings are answered, and shown to it in their turn (RFC 6455 §5.5.2)', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: slowly(promise) });
    const { peer } = startInMemory({ role, handler });
    peer.send({ opcode: 1, payload: 'slow' }, { opcode: 9, payload: 'same chunk' });
    peer.ping('next chunk');
    expect(await peer.take(2)).toEqual(['pong same chunk', 'pong next chunk']);
    expect(lines).toEqual(['init', 'in text slow']);
    resolve(ok);
    await quiet();
    expect(lines.slice(2)).toEqual(['in ping same chunk', 'in ping next chunk']);
  });

  it('frames can be sent through it', async () => {
    const { handler } = createJournal({ in: () => new Promise<Result<string>>(() => {}) });
    const { session, peer } = startInMemory({ role, handler });
    peer.text('go');
    await quiet();
    expect(send(session, text('meanwhile'))).toBe('sent');
    expect(await peer.next()).toBe('text meanwhile');
  });

  it('a message that it handles later can itself be followed by later ones', async () => {
    const steps: PromiseWithResolvers<Result<string>>[] = [];
    const { handler, lines } = createJournal({
      in: () => {
        const step = Promise.withResolvers<Result<string>>();
        steps.push(step);
        return step.promise;
      },
    });
    const { peer } = startInMemory({ role, handler });
    peer.send({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }, { opcode: 1, payload: 'c' });
    for (let i = 0; i < 3; i++) {
      await quiet();
      expect(steps).toHaveLength(i + 1);
      steps[i]?.resolve(ok);
    }
    expect(lines).toEqual(['init', 'in text a', 'in text b', 'in text c']);
  });

  it('the peer is not read above maxBacklog, is read again when it has caught up, and nothing is lost', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: slowly(promise) });
    const { peer, transport } = startInMemory({ role, handler, limits: { maxBacklog: 10 * kibibyte } });
    peer.text('slow');
    const payloads = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(kibibyte, '.'));
    for (const payload of payloads.slice(0, 5)) {
      peer.text(payload);
      await quiet();
    }
    expect(transport.reading).toBe(true);
    for (const payload of payloads.slice(5)) {
      peer.text(payload);
      await quiet();
    }
    expect(transport.reading).toBe(false);
    expect(lines).toHaveLength(2);
    resolve(ok);
    await quiet();
    expect(transport.reading).toBe(true);
    expect(lines.slice(2)).toEqual(payloads.map((payload) => `in text ${payload}`));
  });

  it('tiny messages hold the peer back as well, long before maxMailbox', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: slowly(promise) });
    const { session, peer, transport } = startInMemory({ role, handler });
    peer.text('slow');
    const thousand = Buffer.concat(Array.from({ length: 1000 }, () => peer.encode({ opcode: 1 })));
    for (let i = 0; i < 200; i++) {
      peer.write(thousand);
      await quiet();
      if (!transport.reading) break;
    }
    expect(transport.reading).toBe(false);
    expect(session.state).toBe('open');
    resolve(ok);
    await quiet();
    expect(session.state).toBe('open');
    expect((lines.length - 2) % 1000).toBe(0);
  });

  it('messages of actors beyond maxMailbox end the session with 1013', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: slowly(promise) });
    const { session, peer, reports } = startInMemory({ role, handler, limits: { maxMailbox: 3 } });
    peer.text('slow');
    await quiet();
    for (const n of [1, 2, 3]) tell(session, n);
    expect(session.state).toBe('open');
    tell(session, 4);
    expect(session.state).toBe('closing');
    expect(await peer.rest()).toEqual(['close 1013 mailbox full']);
    resolve(ok);
    expect(await session.exited()).toEqual({ type: 'error', error: 'mailboxFull' });
    expect(lines).toEqual(['init', 'in text slow', 'terminate']);
    expect(reports).toMatchObject([{ level: 'warn', event: 'session.mailbox.overflowed' }]);
  });

  it('messages of the peer beyond maxMailbox do too, in the very chunk that made it busy; it settles before terminate', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines, exits } = createJournal({ in: slowly(promise) });
    const { session, peer } = startInMemory({ role, handler, limits: { maxMailbox: 3 } });
    peer.send({ opcode: 1, payload: 'slow' }, ...Array.from({ length: 10 }, () => ({ opcode: 1, payload: 'x' })));
    expect(await peer.rest()).toEqual(['close 1013 mailbox full']);
    await quiet();
    expect(lines).toEqual(['init', 'in text slow']);
    resolve(ok);
    expect(await session.exited()).toEqual({ type: 'error', error: 'mailboxFull' });
    expect(lines).toEqual(['init', 'in text slow', 'terminate']);
    expect(exits).toHaveLength(1);
  });

  it('it hears of nothing when the session is closed from outside', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines, exits } = createJournal({ in: () => promise });
    const { session, peer } = startInMemory({ role, handler });
    peer.text('go');
    peer.text('unheard');
    await quiet();
    close(session);
    tell(session, 'unheard');
    expect(await peer.next()).toBe('close 1000');
    peer.close(1000);
    peer.end();
    await quiet();
    expect(session.state).toBe('closing');
    resolve(['reply', text('unsent'), 'state']);
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(peer.frames).toHaveLength(1);
    expect(lines).toEqual(['init', 'in text go', 'terminate']);
    expect(exits).toHaveLength(1);
  });
});

describe.each(roles)('messages of a chunk to a %s', (role) => {
  it('are answered in one write', async () => {
    const { handler } = createJournal({ in: (frame) => ['reply', frame.type === 'text' ? frame : [], 'state'] });
    const { peer, transport } = startInMemory({ role, handler });
    peer.send({ opcode: 1, payload: 'a' }, { opcode: 9, payload: 'p' }, { opcode: 1, payload: 'b' });
    expect(await peer.take(3)).toEqual(['text a', 'pong p', 'text b']);
    expect(transport.writes).toBe(1);
  });

  it('are put together from fragments, with control frames between them (RFC 6455 §5.4)', async () => {
    const { handler, lines } = createJournal();
    const { peer } = startInMemory({ role, handler });
    peer.send({ opcode: 1, fin: false, payload: 'fra' }, { opcode: 9, payload: 'p' }, { opcode: 0, payload: 'gment' });
    expect(await peer.next()).toBe('pong p');
    await quiet();
    expect(lines).toEqual(['init', 'in ping p', 'in text fragment']);
  });

  it('may come one byte at a time', async () => {
    const { handler, lines } = createJournal({ in: (frame) => ['reply', frame.type === 'text' ? frame : [], 'state'] });
    const { peer } = startInMemory({ role, handler });
    for (const byte of peer.encode({ opcode: 1, payload: 'grüße' })) {
      peer.write(Uint8Array.of(byte));
      await quiet();
    }
    expect(await peer.next()).toBe('text grüße');
    expect(lines).toEqual(['init', 'in text grüße']);
  });
});
