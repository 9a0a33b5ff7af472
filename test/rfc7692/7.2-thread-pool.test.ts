import { setImmediate } from 'node:timers/promises';
import { binary, close, type Frame, ping, prepare, send, stop, tell, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { Compressor } from '../support/deflate-stream.ts';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { createRecording, echo } from '../support/recording.ts';

const mebibyte = 1024 * 1024;
const random = new RandomBytes('thread pool');
/** Large as it comes, and large only when it is inflated. */
const noise = (): Buffer => Buffer.from(random.take(50_000));
const zeros = Buffer.alloc(mebibyte);
const plain = (message: string | Uint8Array): string =>
  typeof message === 'string' ? `text ${message}` : `binary ${Buffer.from(message).toString('hex')}`;

describe.each(sides)(
  'large messages of a $role over $scheme, which are (de)compressed elsewhere',
  ({ role, secure }) => {
    const open = async (echoes: boolean) => {
      const recording = createRecording({ echoes });
      const peer = await openCompressed({ role, secure, handler: recording.handler });
      return { ...recording, peer };
    };
    const normal = { opcode: 8, payload: Uint8Array.of(3, 232) };

    it('arrive in their order with small ones around them', async () => {
      const { peer, frames } = await open(false);
      await using _ = peer;
      const messages = ['a', noise(), 'b', 'c', zeros, noise(), 'd', noise(), 'e'.repeat(100_000), 'f'];
      await peer.say(...messages);
      await peer.send({ opcode: 1, payload: 'uncompressed' });
      for (const message of [...messages, 'uncompressed']) expect((await frames.next()) === plain(message)).toBe(true);
    });

    it('leave in their order with small ones around them', async () => {
      const { peer } = await open(false);
      await using _ = peer;
      const messages = ['a', noise(), 'b', 'c', noise(), noise(), 'd', 'e'.repeat(100_000), 'f'];
      const frames = messages.map((message) => (typeof message === 'string' ? text(message) : binary(message)));
      for (const frame of frames) expect(send(peer.session, frame)).toBe('sent');
      send(peer.session, frames.map(prepare));
      send(peer.session, frames);
      for (const message of [...messages, ...messages, ...messages]) {
        expect((await peer.hear()) === plain(message)).toBe(true);
      }
    });

    it('come back in their order, both directions at work', async () => {
      const { peer } = await open(true);
      await using _ = peer;
      const messages = Array.from({ length: 30 }, (_, i) =>
        i % 3 === 0 ? noise() : i % 5 === 0 ? zeros : `small ${i}`,
      );
      const speaking = peer.say(...messages);
      for (const message of messages) expect((await peer.hear()) === plain(message)).toBe(true);
      await speaking;
    });

    it('hold up no pong while they are inflated (RFC 6455 §5.5.2)', async () => {
      const { peer, frames } = await open(true);
      await using _ = peer;
      const payload = await peer.compressor.compress(zeros); // so short that it and the ping are one chunk
      await peer.send({ opcode: 2, rsv: 4, payload }, { opcode: 9, payload: 'alive?' });
      expect(await peer.hear()).toBe('pong alive?');
      expect((await peer.hear()) === plain(zeros)).toBe(true);
      expect((await frames.next()) === plain(zeros)).toBe(true);
      expect(await frames.next()).toBe(`ping ${Buffer.from('alive?').toString('hex')}`);
    });

    it('hold up no ping and no pong while they are deflated', async () => {
      const { peer } = await open(true);
      await using _ = peer;
      send(peer.session, [binary(zeros), text('after'), ping('ours')]);
      await peer.send({ opcode: 9, payload: 'theirs' });
      expect(await peer.hear()).toBe('ping ours');
      const rest = [await peer.hear(), await peer.hear(), await peer.hear()];
      expect(rest.filter((heard) => heard !== 'pong theirs').map((heard) => heard.slice(0, 10))).toEqual([
        'binary 000',
        'text after',
      ]);
    });

    it('are answered before the close frame that came right behind them (RFC 6455 §5.5.1)', async () => {
      const { peer, frames } = await open(true);
      await using _ = peer;
      await peer.send({ opcode: 2, rsv: 4, payload: await peer.compressor.compress(zeros) }, normal);
      expect((await peer.hear()) === plain(zeros)).toBe(true);
      expect(await peer.hear()).toBe('close 1000');
      peer.connection.end();
      expect(await peer.session.exited()).toEqual({ type: 'remote', code: 1000, reason: '' });
      expect((await frames.next()) === plain(zeros)).toBe(true);
      expect(await frames.next()).toBe('close 1000 ""');
    });

    it('reach the handler before the end of a stream without a close frame', async () => {
      const { peer, frames } = await open(false);
      await using _ = peer;
      await peer.send({ opcode: 2, rsv: 4, payload: await peer.compressor.compress(zeros) });
      peer.connection.end();
      expect((await frames.next()) === plain(zeros)).toBe(true);
      expect(await peer.session.exited()).toEqual({ type: 'error', error: 'closed' });
    });

    it('leave before a close frame of ours, and are given up when the session is stopped', async () => {
      for (const stopped of [false, true]) {
        const { peer } = await open(false);
        await using _ = peer;
        send(peer.session, [text('before'), binary(zeros), text('after')]);
        if (stopped) stop(peer.session);
        else close(peer.session);
        expect(await peer.hear()).toBe('text before');
        if (!stopped) {
          expect((await peer.hear()) === plain(zeros)).toBe(true);
          expect(await peer.hear()).toBe('text after');
        }
        expect(await peer.hear()).toBe(stopped ? 'close 1001' : 'close 1000');
        if (!stopped) await peer.send(normal);
        peer.connection.end();
        expect(await peer.session.exited()).toMatchObject({ type: stopped ? 'shutdown' : 'normal' });
      }
    });
  },
);

describe.each(roles)('while a %s has a large message inflated', (role) => {
  const direction = { contextTakeover: true, windowBits: 15 } as const;
  const compression = { agreed: { server: direction, client: direction } };

  it('messages of actors wait, and what the peer has sent after it', async () => {
    const { handler, lines } = createJournal<string>();
    const { peer, session } = startInMemory({ role, handler, compression });
    using compressor = new Compressor();
    const payload = await compressor.compress('x'.repeat(100_000).concat('y'.repeat(mebibyte)));
    const small = await compressor.compress('small');
    peer.send({ opcode: 1, rsv: 4, payload }, { opcode: 9, payload: 'p' }, { opcode: 1, rsv: 4, payload: small });
    await Promise.resolve();
    await Promise.resolve();
    tell(session, 'news');
    expect(await peer.next()).toBe('pong p');
    expect(lines).toEqual(['init']);
    while (lines.length < 5) await setImmediate();
    expect(lines.map((line) => line.slice(0, 12))).toEqual([
      'init',
      'in text xxxx',
      'in ping p',
      'in text smal',
      'info news',
    ]);
  });

  it('what the session is told to send leaves at once', async () => {
    const { peer, session } = startInMemory({ role, handler: echo, compression });
    using compressor = new Compressor();
    peer.send({ opcode: 2, rsv: 4, payload: await compressor.compress(zeros) });
    await Promise.resolve();
    await Promise.resolve();
    send(session, text('meanwhile'));
    expect(await peer.next()).toBe('text meanwhile');
    expect((await peer.frame()).rsv).toBe(4);
  });

  it('a close of ours is not held up, and it is not delivered any more', async () => {
    const { handler, frames, exits } = createRecording();
    const { peer, session } = startInMemory<undefined, Frame, unknown>({ role, handler, compression });
    using compressor = new Compressor();
    peer.send({ opcode: 2, rsv: 4, payload: await compressor.compress(zeros) });
    await Promise.resolve();
    await Promise.resolve();
    close(session);
    expect(await peer.next()).toBe('close 1000');
    peer.close(1000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    await quiet();
    expect([frames.length, exits.length]).toEqual([0, 1]);
  });
});
