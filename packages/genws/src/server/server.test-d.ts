import { type Call, isCall } from '@genws/actor';
import { defineHandler, type Handler } from '@genws/session';
import { describe, expectTypeOf, it } from 'vitest';
import type { Server } from './server.ts';

type Message = Call<'count', number> | 'news';

declare const server: Server<Message>;

const rest: Pick<Handler<number>, 'init' | 'handleIn'> = { init: () => ['ok', 0], handleIn: () => ['ok', 0] };

describe('server.changeCode', () => {
  it('takes a handler of the same messages, whatever its state', () => {
    const handler = defineHandler({
      init: () => ['ok', 'state'],
      handleIn: (_, state) => ['ok', state],
      handleInfo: (message: Message, state) => (isCall(message) ? ['answer', 1, state] : ['ok', state]),
    });
    expectTypeOf(server.changeCode(handler)).toEqualTypeOf<Promise<number>>();
    server.changeCode(rest, { timeout: 100 });
  });

  it('refuses one that takes other messages, or too few', () => {
    const deaf = defineHandler<number, number>({ ...rest, handleInfo: (_, state) => ['ok', state] });
    // @ts-expect-error it takes numbers
    server.changeCode(deaf);
    const narrow = defineHandler<number, 'news'>({ ...rest, handleInfo: (_, state) => ['ok', state] });
    // @ts-expect-error it knows no calls
    server.changeCode(narrow);
  });
});
