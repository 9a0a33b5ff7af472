import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildExtendedConnect,
  type ExtendedConnectOptions,
  extendedConnectHeaders,
  validateExtendedConnect,
  validateExtendedConnectResponse,
} from './extended-connect.ts';
import { refusalHeaders, refusalStatus } from './refusal.ts';

// Every character that one byte can be, and some that a careless encoder would turn into CR, LF or NUL.
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0x2ff }).map((code) => String.fromCharCode(code)) });

// RFC 8441 §5.1
const example = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'https',
  ':path': '/chat',
  ':authority': 'server.example.com',
  'sec-websocket-protocol': 'chat, superchat',
  'sec-websocket-extensions': 'permessage-deflate',
  'sec-websocket-version': '13',
  origin: 'http://www.example.com',
};
const target = { secure: true, hostname: '::1', port: 8443, path: '/chat?a', hostHeader: '[::1]:8443' };

type Changes = Record<string, string | readonly string[] | undefined>;

function check(changes: Changes, subprotocols?: readonly string[]) {
  return validateExtendedConnect({ ...example, ...changes }, subprotocols ? { subprotocols } : {});
}

function refusalOf(changes: Changes, subprotocols?: readonly string[]) {
  const result = check(changes, subprotocols);
  return result.ok ? undefined : result.refusal;
}

function accepted(changes: Changes = {}, subprotocols?: readonly string[]) {
  const result = check(changes, subprotocols);
  if (!result.ok) throw new Error(`refused: ${result.refusal.code}`);
  return result.connect;
}

function build(options: Partial<ExtendedConnectOptions> = {}, changes = {}) {
  const built = buildExtendedConnect({ ...target, ...changes }, { peerAllowsConnectProtocol: true, ...options });
  return built.ok ? built.headers : built.refusal;
}

describe('validateExtendedConnect', () => {
  it('accepts the example (RFC 8441 §5.1)', () => {
    expect(accepted({}, ['chat'])).toEqual({
      scheme: 'https',
      authority: 'server.example.com',
      path: '/chat',
      version: 13,
      origin: 'http://www.example.com',
      subprotocols: ['chat', 'superchat'],
      subprotocol: 'chat',
      extensions: [{ name: 'permessage-deflate', params: [] }],
    });
  });

  it('judges an object, pairs and a flat list alike', () => {
    const expected = validateExtendedConnect(example);
    expect(expected.ok).toBe(true);
    expect(validateExtendedConnect(Object.entries(example))).toEqual(expected);
    expect(validateExtendedConnect(Object.entries(example).flat())).toEqual(expected);
  });

  it('takes :protocol and :scheme without regard to case', () => {
    expect(accepted({ ':protocol': 'WebSocket', ':scheme': 'HTTP' })).toMatchObject({ scheme: 'http' });
  });

  it('refuses other methods, and a CONNECT without :protocol, with 405 (RFC 8441 §4)', () => {
    for (const changes of [{ ':method': 'GET' }, { ':method': undefined }, { ':protocol': undefined }]) {
      const method = ':method' in changes ? changes[':method'] : 'CONNECT';
      const refusal = { code: 'wrongMethod', method, expected: 'extended CONNECT' } as const;
      expect(refusalOf(changes)).toEqual(refusal);
      expect([refusalStatus(refusal), refusalHeaders(refusal)]).toEqual([405, [['Allow', 'CONNECT']]]);
    }
  });

  it('refuses another :protocol with 501 (RFC 9220 §3)', () => {
    const refusal = { code: 'wrongProtocol', protocol: 'foo' } as const;
    expect(refusalOf({ ':protocol': 'foo' })).toEqual(refusal);
    expect(refusalStatus(refusal)).toBe(501);
  });

  it('refuses missing and empty pseudo-headers and other schemes (RFC 8441 §4, §5)', () => {
    for (const nothing of [undefined, '']) {
      expect(refusalOf({ ':scheme': nothing })).toEqual({ code: 'missingScheme' });
      expect(refusalOf({ ':authority': nothing })).toEqual({ code: 'missingAuthority' });
      expect(refusalOf({ ':path': nothing })).toEqual({ code: 'missingPath' });
    }
    expect(refusalOf({ ':path': '*' })).toEqual({ code: 'missingPath' });
    expect(refusalOf({ ':scheme': 'wss' })).toEqual({ code: 'invalidScheme', scheme: 'wss' });
  });

  it('refuses a pseudo-header that is repeated or unknown (RFC 9113 §8.3)', () => {
    for (const name of [':method', ':protocol', ':scheme', ':authority', ':path']) {
      const pairs: [string, string][] = [
        ...Object.entries(example),
        [name, new Map(Object.entries(example)).get(name) ?? ''],
      ];
      expect(validateExtendedConnect(pairs)).toEqual({ ok: false, refusal: { code: 'duplicateHeader', name } });
    }
    for (const name of [':status', ':foo', ':'])
      expect(refusalOf({ [name]: '1' })).toEqual({ code: 'forbiddenHeader', name });
  });

  it.each(['Connection', 'upgrade', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te'])(
    'refuses the header %s (RFC 9113 §8.2.2)',
    (name) => {
      expect(refusalOf({ [name]: 'x' })).toEqual({ code: 'forbiddenHeader', name: name.toLowerCase() });
    },
  );

  it('lets te: trailers pass (RFC 9113 §8.2.2)', () => {
    expect(refusalOf({ te: 'trailers' })).toBeUndefined();
  });

  it('refuses CR, LF and NUL in any value (RFC 9113 §8.2.1)', () => {
    for (const char of ['\r', '\n', '\0']) {
      expect(refusalOf({ cookie: `a${char}b` })).toEqual({ code: 'invalidHeader', name: 'cookie' });
      expect(refusalOf({ ':path': `/a${char}b` })).toEqual({ code: 'invalidHeader', name: ':path' });
    }
  });

  it('refuses a host that differs from :authority, and two of them (RFC 9113 §8.3.1)', () => {
    expect(refusalOf({ host: 'other' })).toEqual({
      code: 'authorityMismatch',
      authority: 'server.example.com',
      host: 'other',
    });
    expect(refusalOf({ host: ['server.example.com', 'server.example.com'] })).toEqual({ code: 'duplicateHost' });
    expect(refusalOf({ host: 'Server.Example.com' })).toBeUndefined();
  });

  it('wants version 13, exactly once (RFC 8441 §5)', () => {
    for (const version of ['8', '13, 8', undefined]) {
      expect(refusalOf({ 'sec-websocket-version': version })).toEqual({ code: 'unsupportedVersion', version });
    }
    expect(refusalOf({ 'sec-websocket-version': ['13', '13'] })).toEqual({
      code: 'duplicateHeader',
      name: 'sec-websocket-version',
    });
  });

  it('blames the pseudo-headers before the version', () => {
    const version = { 'sec-websocket-version': '8' };
    expect(refusalOf({ ...version, ':method': 'GET' })?.code).toBe('wrongMethod');
    expect(refusalOf({ ...version, ':protocol': 'foo' })?.code).toBe('wrongProtocol');
    expect(refusalOf({ ...version, ':scheme': undefined, ':authority': undefined })?.code).toBe('missingScheme');
    expect(refusalOf({ ...version, ':authority': undefined, ':path': undefined })?.code).toBe('missingAuthority');
    expect(refusalOf({ ...version, ':path': undefined })?.code).toBe('missingPath');
  });

  it('ignores a key, even a bad one (RFC 8441 §5)', () => {
    expect(refusalOf({ 'sec-websocket-key': 'x' })).toBeUndefined();
  });

  it('negotiates subprotocols and extensions as over HTTP/1.1', () => {
    expect(accepted({}, ['superchat', 'chat'])).toMatchObject({ subprotocol: 'chat' });
    expect(refusalOf({}, ['soap'])).toEqual({ code: 'noAcceptableSubprotocol', offered: ['chat', 'superchat'] });
    expect(refusalOf({ 'sec-websocket-protocol': 'a, a' })).toEqual({ code: 'badSubprotocol', value: 'a, a' });
    expect(refusalOf({ 'sec-websocket-extensions': '"' })).toEqual({ code: 'badExtensions' });
  });

  it('never throws, whatever the headers hold', () => {
    const name = fc.oneof(fc.constantFrom(...Object.keys(example), 'host', 'te', '__proto__', ':status'), fc.string());
    const value = fc.oneof(fc.constantFrom(...Object.values(example)), anyText);
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.tuple(name, value)), (base, added) => {
        const list: [string, string][] = [...(base ? Object.entries(example) : []), ...added];
        const object: Record<string, string> = Object.fromEntries(list);
        for (const headers of [list, list.flat(), object]) {
          const result = validateExtendedConnect(headers, { subprotocols: ['chat'] });
          if (result.ok) expect(result.connect.subprotocol).toBe('chat');
          else expect(refusalStatus(result.refusal)).toBeGreaterThanOrEqual(400);
        }
      }),
    );
  });
});

describe('extendedConnectHeaders', () => {
  it('answer the example (RFC 8441 §5.1)', () => {
    expect(extendedConnectHeaders(accepted({}, ['chat']))).toEqual([
      [':status', '200'],
      ['sec-websocket-protocol', 'chat'],
    ]);
  });

  it('carry extensions and headers of the application, in lower case', () => {
    const options = { extensions: ['permessage-deflate'], headers: [['Set-Cookie', 'a'] as const] };
    expect(extendedConnectHeaders(accepted(), options)).toEqual([
      [':status', '200'],
      ['sec-websocket-extensions', 'permessage-deflate'],
      ['set-cookie', 'a'],
    ]);
  });

  it('throw a TypeError for what would split or falsify the answer', () => {
    for (const header of [
      ['x', 'a\r\nb'],
      ['Connection', 'x'],
      [':status', '500'],
      ['sec-websocket-accept', 'x'],
    ] as const) {
      expect(() => extendedConnectHeaders(accepted(), { headers: [header] })).toThrow(TypeError);
    }
    expect(() => extendedConnectHeaders({ ...accepted(), subprotocol: 'soap' })).toThrow(/did not offer/);
  });
});

describe('buildExtendedConnect', () => {
  it('refuses when the server has not enabled extended CONNECT (RFC 8441 §3)', () => {
    expect(build({ peerAllowsConnectProtocol: false })).toEqual({ code: 'peerDoesNotAllowConnectProtocol' });
  });

  it('builds the pseudo-headers, version, offers and headers of the application, without a key', () => {
    const options = { subprotocols: ['a', 'b'], extensions: ['x; y'], origin: 'https://o', headers: { 'X-A': '1' } };
    expect(build(options)).toEqual([
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'https'],
      [':authority', '[::1]:8443'],
      [':path', '/chat?a'],
      ['sec-websocket-version', '13'],
      ['sec-websocket-protocol', 'a, b'],
      ['sec-websocket-extensions', 'x; y'],
      ['origin', 'https://o'],
      ['x-a', '1'],
    ]);
    expect(build({}, { secure: false })).toContainEqual([':scheme', 'http']);
  });

  it('refuses what HTTP does not allow in the options', () => {
    expect(build({}, { path: '/\r\n' })).toEqual({ code: 'invalidUrl' });
    expect(build({}, { hostHeader: 'a b' })).toEqual({ code: 'invalidHeader', name: ':authority' });
    expect(build({ headers: { a: '\n' } })).toEqual({ code: 'invalidHeader', name: 'a' });
    expect(build({ headers: { ':path': '/' } })).toEqual({ code: 'invalidHeader', name: ':path' });
    expect(build({ headers: { Host: 'a' } })).toEqual({ code: 'forbiddenHeader', name: 'host' });
    expect(build({ headers: { Connection: 'a' } })).toEqual({ code: 'forbiddenHeader', name: 'connection' });
    expect(build({ subprotocols: ['a', 'a'] })).toEqual({ code: 'badSubprotocol', value: 'a, a' });
    expect(build({ extensions: ['"'] })).toEqual({ code: 'badExtensions' });
  });

  it('builds what validateExtendedConnect accepts', () => {
    const tokens = fc.uniqueArray(fc.stringMatching(/^[a-z.]{1,6}$/), { maxLength: 4 });
    fc.assert(
      fc.property(tokens, tokens, (subprotocols, extensions) => {
        const built = buildExtendedConnect(target, { peerAllowsConnectProtocol: true, subprotocols, extensions });
        const seen = built.ok
          ? validateExtendedConnect(built.headers, { subprotocols: subprotocols.slice(-1) })
          : undefined;
        if (!seen?.ok) throw new Error('refused');
        expect(seen.connect).toMatchObject({ subprotocols, subprotocol: subprotocols.at(-1), authority: '[::1]:8443' });
        const response = { status: 200, headers: extendedConnectHeaders(seen.connect, { extensions }) };
        expect(validateExtendedConnectResponse(response, { subprotocols, extensions })).toEqual({
          ok: true,
          accepted: { subprotocol: subprotocols.at(-1), extensions: extensions.map((name) => ({ name, params: [] })) },
        });
      }),
    );
  });
});

describe('validateExtendedConnectResponse', () => {
  const judge = (status: number, headers = {}, offer = {}) => {
    const result = validateExtendedConnectResponse({ status, headers }, offer);
    return result.ok ? result.accepted : result.refusal;
  };

  it('accepts any status from 200 to 299 (RFC 8441 §5)', () => {
    for (const status of [200, 204, 299]) expect(judge(status)).toEqual({ subprotocol: undefined, extensions: [] });
    for (const status of [101, 199, 300, 404, 500, Number.NaN]) {
      expect(judge(status)).toEqual({ code: 'unexpectedStatus', status });
    }
  });

  it('refuses what was not offered', () => {
    expect(judge(200, { 'sec-websocket-protocol': 'a' })).toEqual({ code: 'unrequestedSubprotocol', value: 'a' });
    expect(judge(200, { 'sec-websocket-extensions': 'a' })).toEqual({ code: 'unrequestedExtension', name: 'a' });
    expect(judge(200, { 'sec-websocket-protocol': 'a' }, { subprotocols: ['a'] })).toMatchObject({ subprotocol: 'a' });
  });
});
