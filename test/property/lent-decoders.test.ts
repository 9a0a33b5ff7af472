import { setImmediate } from 'node:timers/promises';
import { defineHandler, type Session } from '@genws/session';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { almostFrames, anyCuts, content, cut } from '../support/arbitrary-frames.ts';
import { startInMemory } from '../support/memory-session.ts';

/** Sessions that read their peers by different rules. */
const rules = [
  {},
  { limits: { maxMessage: 100, maxFragments: 2 } },
  { validateUtf8: false, limits: { maxFrame: 200 } },
] as const;

/** A session that writes down what it is given, and why it ends. */
function start(rule: (typeof rules)[number]): { readonly session: Session; readonly heard: unknown[] } {
  const heard: unknown[] = [];
  const handler = defineHandler({
    init: () => ['ok', undefined],
    handleIn(frame) {
      heard.push(content(frame));
      return ['ok', undefined];
    },
    terminate: (reason) => void heard.push(reason),
  });
  return { session: startInMemory({ handler, ...rule }).session, heard };
}

const give = (session: Session, bytes: Uint8Array): void =>
  session.send({ type: 'transport.data', bytes: Uint8Array.from(bytes) });

it('sessions read their peers as if each had a decoder of its own, however their bytes come between each other’s (RFC 6455 §5.4)', async () => {
  const piecesOf = fc
    .tuple(almostFrames('client', false), anyCuts)
    .map(([frames, cuts]) => cut(Buffer.concat(frames), cuts));
  const turns = fc.array(fc.nat(2), { minLength: 30, maxLength: 200 });
  let whole = 0;
  await fc.assert(
    fc.asyncProperty(fc.tuple(piecesOf, piecesOf, piecesOf), turns, async (streams, order) => {
      const alone = rules.map(start);
      const together = rules.map(start);
      await setImmediate(); // `init` has settled
      for (const [i, stream] of streams.entries())
        for (const piece of stream) give(alone[i]?.session ?? expect.fail(), piece);
      const waiting = streams.map((stream) => [...stream]);
      for (const who of [...order, ...waiting.flatMap((stream, i) => stream.map(() => i))]) {
        const piece = waiting[who]?.shift();
        if (piece !== undefined) give(together[who]?.session ?? expect.fail(), piece);
      }
      await setImmediate();
      expect(together.map(({ heard }) => heard)).toEqual(alone.map(({ heard }) => heard));
      whole += alone.flatMap(({ heard }) => heard).length;
      for (const { session } of [...alone, ...together]) session.stop();
    }),
    { numRuns: 200 },
  );
  expect(whole).toBeGreaterThan(500);
});
