import type { Case } from '../case.ts';
import { echoThenFailure } from './failing.ts';
import { chops, failure, frame, ping, scenario, send } from './script.ts';

const hello = 'Hello, world!';

/** Section 4: reserved opcodes (RFC 6455 §5.2), of data frames and of control frames. */
export const section4: readonly Case[] = [...reserved('4.1', 3), ...reserved('4.2', 11)];

function reserved(prefix: string, lowest: number): Case[] {
  return Array.from({ length: 5 }, (_, at) => {
    const id = `${prefix}.${at + 1}`;
    const opcode = lowest + at;
    const empty = at % 2 === 0 && at < 4;
    const spec = frame(opcode, empty ? '' : 'reserved opcode');
    const what = `frame with opcode ${opcode} ${empty ? 'without payload' : 'with a payload'}`;
    const [cut] = chops.slice(at - 2);
    if (at < 2 || cut === undefined) {
      return scenario(id, {
        title: `A ${what}.`,
        expectation: 'The connection fails with 1002.',
        steps: [send([spec])],
        closing: failure(1002),
      });
    }
    const title = `A text message, then a ${what}, then a ping, ${cut.words}.`;
    return echoThenFailure(id, { title, first: hello, rest: [spec, ping()], chop: cut.chop });
  });
}
