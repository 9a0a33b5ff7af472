import type { Case, Chop, FrameSpec } from '../case.ts';
import { echo, failure, scenario, send, text, textFrame } from './script.ts';

/**
 * A text message that is fine, then something that is not: the message comes back, then the connection fails. Where a
 * peer judges a whole chop before it answers any of it, the echo may be missing.
 */
export function echoThenFailure(
  id: string,
  details: { title: string; first: string; rest: readonly FrameSpec[]; chop: Chop },
): Case {
  const { title, first, rest, chop } = details;
  return scenario(id, {
    title,
    expectation: 'The first message; then the connection fails with 1002, and the ping is not answered.',
    steps: [send([textFrame(first), ...rest], chop)],
    outcomes: [
      { behavior: 'OK', trace: [echo(text(first))] },
      { behavior: 'NON-STRICT', trace: [] },
    ],
    closing: failure(1002),
  });
}
