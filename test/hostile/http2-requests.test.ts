import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { HeaderChanges } from '../support/http2/client.ts';
import { setting } from '../support/http2/frame.ts';
import { expectEcho, http2Schemes, leave, withBystander } from '../support/http2/served.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const page = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/page'],
  [':authority', 'server.example.com'],
] as const;

describe.each(http2Schemes)('hostile requests over $scheme', ({ secure }) => {
  it.each<{ what: string; changes: HeaderChanges; outcome: string }>([
    {
      what: 'CONNECT as for a proxy is answered 405',
      changes: { ':protocol': undefined, ':scheme': undefined, ':path': undefined },
      outcome: '405',
    },
    {
      what: 'CONNECT without :protocol, but with the rest, is malformed',
      changes: { ':protocol': undefined },
      outcome: 'reset protocolError',
    },
    { what: 'the :protocol foo is answered 501', changes: { ':protocol': 'foo' }, outcome: '501' },
    { what: 'a missing :path is malformed', changes: { ':path': undefined }, outcome: 'reset protocolError' },
    { what: 'a missing :scheme is malformed', changes: { ':scheme': undefined }, outcome: 'reset protocolError' },
    { what: 'a missing :authority is malformed', changes: { ':authority': undefined }, outcome: 'reset protocolError' },
    {
      what: 'a Host instead of :authority is malformed',
      changes: { ':authority': undefined, host: 'server.example.com' },
      outcome: 'reset protocolError',
    },
    {
      what: 'an :authority with a user is malformed',
      changes: { ':authority': 'me@a.example' },
      outcome: 'reset protocolError',
    },
    { what: 'a :path that is none is malformed', changes: { ':path': 'chat' }, outcome: 'reset protocolError' },
  ])('B08: $what, and no session begins (RFC 8441 §4)', async ({ changes, outcome }) => {
    await withBystander({ secure }, async ({ connect, ask, ledger }) => {
      const sessions = ledger.count;
      const connection = await connect();
      const stream = connection.open(ask(changes));
      expect(await stream.outcome).toBe(outcome);
      await stream.ending;
      stream.data('frames for nobody');
      await connection.ping();
      expect(connection.over).toBe(false);
      expect(ledger.count).toBe(sessions);
    });
  });

  it.each([0, 10])(
    'B11: a client that wants no more than %d bytes of headers gets its answer (RFC 9113 §6.5.2)',
    async (size) => {
      await withBystander({ secure }, async ({ visit, connect, ask }) => {
        const guest = await visit({ settings: [[setting.maxHeaderListSize, size]] });
        await expectEcho(guest);
        await leave(guest);
        const connection = await connect({ settings: [[setting.maxHeaderListSize, size]] });
        for (let index = 0; index < 20; index++) {
          expect(await connection.open(ask({ ':protocol': 'mqtt' })).outcome).toBe('501');
        }
      });
    },
  );

  it.each([
    { what: 'CR', value: 'a\rb' },
    { what: 'LF', value: 'a\nb' },
    { what: 'CR LF and another header', value: 'a\r\nx-admin: yes' },
    { what: 'NUL', value: 'a\0b' },
  ])('B12: $what in a header never reaches the application (RFC 9113 §8.2.1)', async ({ value }) => {
    await withBystander({ secure }, async ({ connect, ask, enter, ledger }) => {
      const connection = await connect();
      const pseudo = [':protocol', ':scheme', ':path', ':authority'].map((name) =>
        connection.open(ask({ [name]: `/${value}` })),
      );
      for (const stream of pseudo) expect(await stream.outcome).toBe('reset protocolError');
      const guest = await enter(connection, { 'x-note': value, cookie: value, origin: value });
      const request = await ledger.requests.next();
      expect(request.origin).toBeUndefined();
      expect([...request.headers.pairs()]).toEqual([['sec-websocket-version', '13']]);
      await leave(guest);
    });
  });

  it('B12: an origin made up of an allowed one and NUL is as good as none (RFC 6455 §10.2)', async () => {
    const origin = 'https://page.example';
    await withBystander({ secure, origins: [origin], asks: { origin } }, async ({ connect, ask }) => {
      const connection = await connect();
      for (const suffix of ['\0', '\r\n', ' ', '\t']) {
        expect(await connection.open(ask({ origin: `${origin}${suffix}` })).outcome).toBe('403');
      }
    });
  });

  it.each([
    { what: 'another Host', changes: { host: 'other.example' }, outcome: '400' },
    { what: 'another port in Host', changes: { host: 'server.example.com:8080' }, outcome: '400' },
    { what: 'an empty Host', changes: { host: '' }, outcome: 'reset protocolError' },
    { what: 'two Hosts', changes: { host: ['server.example.com', 'other.example'] }, outcome: 'reset protocolError' },
  ])('B13: $what than :authority is refused: $outcome (RFC 9113 §8.3.1)', async ({ changes, outcome }) => {
    await withBystander({ secure }, async ({ connect, ask, ledger, enter }) => {
      const connection = await connect();
      const sessions = ledger.count;
      expect(await connection.open(ask(changes)).outcome).toBe(outcome);
      expect(ledger.count).toBe(sessions);
      const guest = await enter(connection, { host: 'SERVER.example.com' });
      expect(guest.session.request.host).toBe('server.example.com');
      await leave(guest);
    });
  });

  it.each(['dGhlIHNhbXBsZSBub25jZQ==', 'no key', ''])(
    'B14: the Sec-WebSocket-Key %j is not looked at (RFC 8441 §5)',
    async (key) => {
      await withBystander({ secure }, async ({ connect, enter }) => {
        const guest = await enter(await connect(), { 'sec-websocket-key': key });
        expect((await guest.stream.headers).has('sec-websocket-accept')).toBe(false);
        await expectEcho(guest);
        await leave(guest);
      });
    },
  );

  it('B15: with a listener for plain requests on the same port, an extended CONNECT is not answered 405', async () => {
    const request = (message: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(200, { 'x-method': message.method }).end(`the page ${message.url}`);
    };
    await withBystander({ secure, request }, async ({ connect, enter }) => {
      const connection = await connect();
      const guest = await enter(connection);
      const stream = connection.open(page, { endStream: true });
      const headers = await stream.headers;
      expect([headers.get(':status'), headers.get('x-method')]).toEqual(['200', 'GET']);
      expect(await stream.ending).toBe('ended');
      expect(stream.received).toBe('the page /page'.length);
      await expectEcho(guest);
      await leave(guest);
    });
  });

  it('B15: a plain request is answered where there is no listener for it, too', async () => {
    await withBystander({ secure }, async ({ connect }) => {
      const connection = await connect();
      const stream = connection.open(page, { endStream: true });
      expect(await stream.outcome).toMatch(/^4\d\d$/);
      expect(await stream.ending).toBe('ended');
    });
  });

  it('B18: more streams than allowed are refused, those that there are live on (RFC 9113 §5.1.2)', async () => {
    await withBystander({ secure, http2: { maxStreams: 10 } }, async ({ connect, enter, ask, ledger }) => {
      const connection = await connect();
      const guests = [];
      for (let index = 0; index < 10; index++) guests.push(await enter(connection));
      const sessions = ledger.count;
      const refused = Array.from({ length: 20 }, () => connection.open(ask()));
      expect(await Promise.all(refused.map(({ outcome }) => outcome))).toEqual(
        refused.map(() => 'reset refusedStream'),
      );
      expect(ledger.count).toBe(sessions);
      for (const guest of guests) await expectEcho(guest);
      const [first, ...others] = guests;
      if (first === undefined) throw new Error('there is no guest');
      await leave(first);
      const next = await enter(connection);
      await leave(next);
      for (const guest of others) await leave(guest);
    });
  });
});
