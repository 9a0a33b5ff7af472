import { setImmediate } from 'node:timers/promises';
import { text } from '@genws/protocol';
import { defineHandler, type Session, send } from '@genws/session';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { almostFrames, anyCuts, content, cut } from '../support/arbitrary-frames.ts';
import { quiet, startInMemory } from '../support/memory-session.ts';

/** Sessions that read their peers by different rules. */
const rules = [
  {},
  { limits: { maxMessage: 100, maxFragments: 2 } },
  { validateUtf8: false, limits: { maxFrame: 200 }, peerReads: false },
] as const;

/** A session that echoes, is sent something by others with every third piece, and writes down what it is given. */
class Told {
  readonly #heard: unknown[] = [];
  readonly #running: ReturnType<typeof startInMemory<undefined, unknown, unknown>>;
  #pieces = 0;

  constructor(rule: (typeof rules)[number]) {
    const handler = defineHandler({
      init: () => ['ok', undefined],
      handleIn: (frame) => {
        this.#heard.push(content(frame));
        return frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, undefined] : ['ok', undefined];
      },
      terminate: (reason) => void this.#heard.push(reason),
    });
    this.#running = startInMemory({ handler, ...rule });
  }

  get session(): Session {
    return this.#running.session;
  }

  give(piece: Uint8Array): void {
    this.session.send({ type: 'transport.data', bytes: Uint8Array.from(piece) });
    if (++this.#pieces % 3 === 0) send(this.session, text(`piece ${this.#pieces}`));
  }

  /** All that there is to tell. */
  async story(): Promise<unknown[]> {
    this.#running.peer.resume();
    await quiet();
    const { messagesOut, bytesOut } = this.session.statistics;
    return [this.#heard, this.#running.peer.seen, messagesOut, bytesOut, this.session.dropped, this.session.buffered];
  }
}

it('sessions go on as if each had a decoder and an encoder of its own, however they take turns (RFC 6455 §5.4)', async () => {
  const piecesOf = fc
    .tuple(almostFrames('client', false), anyCuts)
    .map(([frames, cuts]) => cut(Buffer.concat(frames), cuts));
  const turns = fc.array(fc.nat(2), { minLength: 30, maxLength: 200 });
  let frames = 0;
  await fc.assert(
    fc.asyncProperty(fc.tuple(piecesOf, piecesOf, piecesOf), turns, async (streams, order) => {
      const alone = rules.map((rule) => new Told(rule));
      const together = rules.map((rule) => new Told(rule));
      await setImmediate(); // `init` has settled
      for (const [i, stream] of streams.entries()) for (const piece of stream) alone[i]?.give(piece);
      const waiting = streams.map((stream) => [...stream]);
      for (const who of [...order, ...waiting.flatMap((stream, i) => stream.map(() => i))]) {
        const piece = waiting[who]?.shift();
        if (piece === undefined) continue;
        together[who]?.give(piece);
        if (who === 1) await undefined; // what was sent from outside leaves
      }
      const expected = await Promise.all(alone.map((one) => one.story()));
      expect(await Promise.all(together.map((one) => one.story()))).toEqual(expected);
      frames += alone.reduce((sum, { session }) => sum + session.statistics.messagesOut, 0);
      for (const { session } of [...alone, ...together]) session.stop();
    }),
    { numRuns: 200 },
  );
  expect(frames).toBeGreaterThan(500);
});
