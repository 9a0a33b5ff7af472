import { type Authorize, deny } from 'genws';
import { describe, expect, it } from 'vitest';
import { isFriend, withDoor } from '../support/door.ts';
import { Inbox } from '../support/inbox.ts';
import { versions } from '../support/knock.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

describe.each(versions)('a limit to connections over $version', (version) => {
  const { knock } = version;

  const forbidden: readonly { what: string; settings: object; code: string }[] = [
    { what: 'maxConnections', settings: { maxConnections: 3 }, code: 'tooManyConnections' },
    {
      what: 'maxConnectionsPerAddress',
      settings: { maxConnectionsPerAddress: 3 },
      code: 'tooManyFromAddress',
    },
  ];

  it.each(forbidden)(
    'A24: above $what requests are answered 503 with Retry-After, and those inside stay (RFC 9110 §15.6.4)',
    async ({ settings, code }) => {
      await withDoor(version, settings, async ({ server, enter, codes, ledger }) => {
        const inside = [await enter(), await enter()];
        const sessions = ledger.count;
        for (let index = 0; index < 5; index++) {
          using visitor = await knock(server.port);
          const { status, headers } = await visitor.answer;
          expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)]);
        }
        expect(codes()).toEqual(Array(5).fill(code));
        expect(ledger.count).toBe(sessions);
        for (const visitor of inside) expect(await visitor.echo('inside')).toBe('inside');
        const gone = new Inbox<object>();
        server.sessions.onDown((down) => gone.push(down));
        for (const visitor of inside) visitor.leave();
        await gone.take(inside.length);
        for (const visitor of inside) visitor[Symbol.dispose]();
      });
    },
  );

  it('A24: those that wait for authorize count, and make room when they are turned away or leave', async () => {
    const asked = new Inbox<() => void>();
    const authorize: Authorize<undefined> = async (request) => {
      if (isFriend(request)) return undefined;
      await new Promise<void>((resolve) => asked.push(resolve));
      return deny(403);
    };
    await withDoor(version, { authorize, maxConnections: 3 }, async ({ server }) => {
      using first = await knock(server.port);
      const letFirst = await asked.next();
      using second = await knock(server.port);
      second.answer.catch(() => {});
      const letSecond = await asked.next();
      using third = await knock(server.port);
      expect((await third.answer).status).toBe(503);
      letFirst();
      expect((await first.answer).status).toBe(403);
      using fourth = await knock(server.port);
      const letFourth = await asked.next();
      second.leave();
      letSecond();
      letFourth();
      expect((await fourth.answer).status).toBe(403);
    });
  });
});
