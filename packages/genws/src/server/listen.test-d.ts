import { defineHandler } from '@genws/session';
import { describe, expectTypeOf, it } from 'vitest';
import { admit, deny } from '../admission/authorize.ts';
import { listen } from './listen.ts';

interface User {
  readonly name: string;
}

const wanting = defineHandler({
  init: (_request, user: User) => ['ok', user.name],
  handleIn: (_, state) => ['ok', state],
});
const plain = defineHandler({ init: () => ['ok', 0], handleIn: (_, state) => ['ok', state] });

describe('listen', () => {
  it('has what init is handed from authorize, now or later', () => {
    listen({ handler: wanting, authorize: ({ path }) => (path === '/' ? { name: 'ann' } : deny(401)) });
    listen({ handler: wanting, authorize: async () => admit({ name: 'ann' }, { subprotocol: 'chat' }) });
    listen({ handler: wanting, handlerOpts: { name: 'ann' } });
    listen({ handler: plain, authorize: () => deny(403) });
    listen({ handler: plain, authorize: () => true });
    listen({ handler: plain });
  });

  it('infers it from authorize where the handler does not say', () => {
    listen({
      authorize: async () => ({ name: 'ann' }),
      handler: {
        init(_request, user) {
          expectTypeOf(user).toEqualTypeOf<{ name: string }>();
          return ['ok', user.name];
        },
        handleIn: (_, state) => ['ok', state],
      },
    });
  });

  it('refuses what init does not take, nothing where it wants something, and two sources', () => {
    // @ts-expect-error a number is no user
    listen({ handler: wanting, authorize: () => 1 });
    // @ts-expect-error nor is what is admitted
    listen({ handler: wanting, authorize: () => admit(1) });
    // @ts-expect-error it wants a user
    listen({ handler: wanting });
    // @ts-expect-error one of the two
    listen({ handler: wanting, handlerOpts: { name: 'ann' }, authorize: () => ({ name: 'bob' }) });
  });
});
