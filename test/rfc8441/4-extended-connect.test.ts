import { describe, expect, it } from 'vitest';
import type { HeaderChanges } from '../support/http2/client.ts';
import { expectEcho, http2Schemes, withBystander } from '../support/http2/served.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

/** A request that differs from the right one, and what comes of it: a status, or how its stream ends. */
interface Row {
  readonly title: string;
  readonly changes: HeaderChanges;
  readonly outcome: string;
}

const malformed = 'reset protocolError';

/** What HTTP/2 itself makes of malformed requests (RFC 9113 §8.1.1). */
const malformedRequests: readonly Row[] = (
  [
    ['CW-T-81: :protocol twice is malformed (RFC 9113 §8.3)', { ':protocol': ['websocket', 'websocket'] }],
    ['CW-T-81: two :protocol that differ are malformed (RFC 9113 §8.3)', { ':protocol': ['websocket', 'mqtt'] }],
    ['CW-T-84: CR and LF in :protocol are malformed (RFC 9113 §8.2.1)', { ':protocol': 'websocket\r\nx: y' }],
    ['CW-T-85: NUL in :protocol is malformed (RFC 9113 §8.2.1)', { ':protocol': 'websocket\0' }],
    ['CW-T-86: :protocol without :scheme is malformed (RFC 8441 §4)', { ':scheme': undefined }],
    ['CW-T-87: :protocol without :path is malformed (RFC 8441 §4)', { ':path': undefined }],
    ['CW-T-88: :protocol without :authority is malformed (RFC 8441 §4)', { ':authority': undefined }],
    [
      'CW-T-89: CONNECT with :scheme and :path, but no :protocol, is malformed (RFC 9113 §8.5)',
      { ':protocol': undefined },
    ],
    ['CW-T-90: a Connection header is malformed (RFC 8441 §5)', { connection: 'upgrade' }],
    ['CW-T-91: an Upgrade header is malformed (RFC 8441 §5)', { upgrade: 'websocket' }],
    ['EW-BUG-20: :scheme twice is malformed (RFC 9113 §8.3)', { ':scheme': ['http', 'http'] }],
    ['EW-BUG-20: :path twice is malformed (RFC 9113 §8.3)', { ':path': ['/', '/'] }],
    ['EW-BUG-20: :authority twice is malformed (RFC 9113 §8.3)', { ':authority': ['one.example', 'two.example'] }],
    ['EW-BUG-20: :method twice is malformed (RFC 9113 §8.3)', { ':method': ['CONNECT', 'CONNECT'] }],
    [
      'EW-BUG-20: Connection and Upgrade together are malformed (RFC 8441 §5)',
      { connection: 'Upgrade', upgrade: 'websocket' },
    ],
    ['EW-BUG-20: a :scheme that is none is malformed (RFC 9113 §8.3.1)', { ':scheme': 'no scheme' }],
    [':protocol with a method other than CONNECT is malformed (RFC 8441 §4)', { ':method': 'GET' }],
    ['an empty :protocol is malformed (RFC 8441 §4)', { ':protocol': '' }],
    ['an unknown pseudo-header is malformed (RFC 9113 §8.3)', { ':upgrade': 'websocket' }],
    ['Transfer-Encoding is malformed (RFC 9113 §8.2.2)', { 'transfer-encoding': 'chunked' }],
    ['TE with anything but trailers is malformed (RFC 9113 §8.2.2)', { te: 'gzip' }],
    ['a header name in upper case is malformed (RFC 8441 §5)', { 'Sec-WebSocket-Version': '13' }],
  ] as const
).map(([title, changes]) => ({ title, changes, outcome: malformed }));

const refusals: readonly Row[] = [
  {
    title: 'CW-T-82: an unknown :protocol is answered 501 (RFC 8441 §4)',
    ...{ changes: { ':protocol': 'mqtt' }, outcome: '501' },
  },
  {
    title: 'CW-T-83: a :protocol that is no token is answered 501 (RFC 8441 §4)',
    ...{ changes: { ':protocol': 'websocket mqtt' }, outcome: '501' },
  },
  {
    title: 'EW-BUG-20: a :scheme that no WebSocket has is answered 400 (RFC 8441 §5)',
    ...{ changes: { ':scheme': 'ftp' }, outcome: '400' },
  },
  {
    title: 'a plain CONNECT is answered 405: no tunnel to :authority is made (RFC 8441 §4)',
    ...{ changes: { ':protocol': undefined, ':scheme': undefined, ':path': undefined }, outcome: '405' },
  },
];

const acceptances: readonly Row[] = (
  [
    ['CW-T-80: :protocol in capitals opens a WebSocket (RFC 8441 §4)', { ':protocol': 'WEBSOCKET' }],
    ['EW-BUG-20: the case of :protocol does not matter (RFC 8441 §4)', { ':protocol': 'WebSocket' }],
    ['EW-BUG-20: the case of :scheme does not matter (RFC 3986 §3.1)', { ':scheme': 'HTTP' }],
    ['TE: trailers is allowed (RFC 9113 §8.2.2)', { te: 'trailers' }],
  ] as const
).map(([title, changes]) => ({ title, changes, outcome: '200' }));

describe.each(http2Schemes)('extended CONNECT over $scheme', ({ secure }) => {
  it.each([...malformedRequests, ...refusals])('$title', async ({ changes, outcome }) => {
    await withBystander({ secure }, async ({ connect, ask, enter, ledger }) => {
      const connection = await connect();
      const others = await enter(connection);
      const sessions = ledger.count;
      const stream = connection.open(ask(changes));
      expect(await stream.outcome).toBe(outcome);
      await stream.ending;
      expect(ledger.count).toBe(sessions);
      await expectEcho(others);
      others.stream.endStream();
      expect(await others.stream.ending).toBe('ended');
    });
  });

  it.each(acceptances)('$title', async ({ changes }) => {
    await withBystander({ secure }, async ({ connect, enter }) => {
      const guest = await enter(await connect(), changes);
      await expectEcho(guest);
      guest.stream.endStream();
      expect(await guest.stream.ending).toBe('ended');
    });
  });

  it('a refusal says why, in words and in a report (RFC 9110 §15.6.2)', async () => {
    await withBystander({ secure }, async ({ connect, ask, reports }) => {
      const connection = await connect();
      const stream = connection.open(ask({ ':protocol': 'mqtt' }));
      expect(Object.fromEntries(await stream.headers)).toMatchObject({
        ':status': '501',
        'content-type': 'text/plain; charset=utf-8',
      });
      expect(await stream.ending).toBe('ended');
      expect(stream.received).toBeGreaterThan(0);
      expect(reports.map(({ level, event, fields }) => ({ level, event, code: fields?.code }))).toEqual([
        { level: 'info', event: 'handshake.refused', code: 'wrongProtocol' },
      ]);
    });
  });

  it('a refused version is told the one to use (RFC 6455 §4.4)', async () => {
    await withBystander({ secure }, async ({ connect, ask }) => {
      const stream = (await connect()).open(ask({ 'sec-websocket-version': '8' }));
      const headers = await stream.headers;
      expect(headers.get(':status')).toBe('426');
      expect(headers.get('sec-websocket-version')).toBe('13');
      expect(headers.has('upgrade')).toBe(false);
      expect(headers.has('connection')).toBe(false);
    });
  });

  it('many WebSockets live side by side on one connection, and plain requests with them (RFC 8441 §1)', async () => {
    await withBystander({ secure }, async ({ connect, enter }) => {
      const connection = await connect();
      const first = await enter(connection);
      const second = await enter(connection, { ':path': '/second' });
      first.frames.text('to the first');
      second.frames.text('to the second');
      const page = connection.open(
        [
          [':method', 'GET'],
          [':scheme', secure ? 'https' : 'http'],
          [':path', '/'],
          [':authority', 'server.example.com'],
        ],
        { endStream: true },
      );
      expect(await page.outcome).toMatch(/^4\d\d$/);
      expect(await second.frames.next()).toBe('text to the second');
      expect(await first.frames.next()).toBe('text to the first');
      expect(second.session.request.path).toBe('/second');
      first.stream.endStream();
      second.stream.endStream();
      await first.stream.ending;
      await second.stream.ending;
    });
  });
});
