import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderInput } from './header-map.ts';
import { encodeRefusal, responseHeaders, type Upgrade, validateRequest } from './http1-server.ts';
import { quickest } from './quickest.fixture.ts';
import type { RequestRefusal } from './refusal.ts';

// Every character that one byte can be, and some that a careless encoder would turn into CR, LF or NUL.
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0x2ff }).map((code) => String.fromCharCode(code)) });

const exampleHeaders = {
  Host: 'server.example.com',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

type Changes = Record<string, string | readonly string[] | undefined>;

function check(changes: Changes = {}, subprotocols?: readonly string[]) {
  return validateRequest({ headers: { ...exampleHeaders, ...changes } }, subprotocols ? { subprotocols } : {});
}

function refusalOf(changes: Changes, subprotocols?: readonly string[]): RequestRefusal | undefined {
  const result = check(changes, subprotocols);
  return result.ok ? undefined : result.refusal;
}

function accepted(changes: Changes = {}, subprotocols?: readonly string[]): Upgrade {
  const result = check(changes, subprotocols);
  if (!result.ok) throw new Error(`refused: ${result.refusal.code}`);
  return result.upgrade;
}

function answer(refusal: RequestRefusal | undefined): string {
  if (refusal === undefined) throw new Error('accepted');
  return Buffer.from(encodeRefusal(refusal)).toString('utf8');
}

function rawHeaders(...added: string[]): string[] {
  return [...Object.entries(exampleHeaders).flat(), ...added];
}

function refusalOfRaw(headers: HeaderInput, request: { method?: string; httpVersion?: string } = {}) {
  const result = validateRequest({ method: 'GET', httpVersion: '1.1', ...request, headers });
  return result.ok ? undefined : result.refusal;
}

describe('validateRequest', () => {
  it('accepts the example of RFC 6455 §1.2 and computes its answer', () => {
    const headers = {
      ...exampleHeaders,
      Origin: 'http://example.com',
      'Sec-WebSocket-Protocol': 'chat, superchat',
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    };
    expect(validateRequest({ method: 'GET', httpVersion: '1.1', headers }, { subprotocols: ['chat'] })).toEqual({
      ok: true,
      upgrade: {
        key: 'dGhlIHNhbXBsZSBub25jZQ==',
        accept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        version: 13,
        host: 'server.example.com',
        origin: 'http://example.com',
        subprotocols: ['chat', 'superchat'],
        subprotocol: 'chat',
        extensions: [{ name: 'permessage-deflate', params: [['client_max_window_bits', true]] }],
      },
    });
  });

  it('judges an object, pairs and rawHeaders alike', () => {
    const request = { method: 'GET', httpVersion: '1.1' };
    const expected = validateRequest({ ...request, headers: exampleHeaders });
    expect(expected.ok).toBe(true);
    expect(validateRequest({ ...request, headers: Object.entries(exampleHeaders) })).toEqual(expected);
    expect(validateRequest({ ...request, headers: rawHeaders() })).toEqual(expected);
  });

  it('A01: answers POST and HEAD with 405 and Allow: GET (RFC 6455 §4.2.1)', () => {
    for (const method of ['POST', 'HEAD', 'get']) {
      const refusal = refusalOfRaw(rawHeaders(), { method });
      expect(refusal).toEqual({ code: 'wrongMethod', method, expected: 'GET' });
      expect(answer(refusal)).toMatch(/^HTTP\/1.1 405 Method Not Allowed\r\nConnection: close\r\nAllow: GET\r\n/);
    }
  });

  it('A02: refuses other versions of HTTP than 1.1 with 400 (RFC 6455 §4.2.1)', () => {
    for (const httpVersion of ['1.0', '0.9', '2.0', '']) {
      const refusal = refusalOfRaw(rawHeaders(), { httpVersion });
      expect(refusal).toEqual({ code: 'httpVersion', version: httpVersion });
      expect(answer(refusal)).toMatch(/^HTTP\/1.1 400 Bad Request\r\nConnection: close\r\n/);
    }
  });

  it('A03: refuses a request without Host with 400 (RFC 6455 §4.2.1)', () => {
    expect(refusalOf({ Host: undefined })).toEqual({ code: 'missingHost' });
    expect(refusalOf({ Host: '' })).toEqual({ code: 'missingHost' });
    expect(answer(refusalOf({ Host: undefined }))).toMatch(/^HTTP\/1.1 400 /);
  });

  it('A04: refuses two Host headers with 400, seen in rawHeaders (RFC 9112 §3.2)', () => {
    for (const second of ['other.example.com', 'server.example.com']) {
      expect(refusalOfRaw(rawHeaders('host', second))).toEqual({ code: 'duplicateHost' });
    }
    expect(answer({ code: 'duplicateHost' })).toMatch(/^HTTP\/1.1 400 /);
  });

  it('refuses a request that announces a body with 400 (RFC 9110 §9.3.1)', () => {
    const bodies: Changes[] = [
      { 'Content-Length': '1' },
      { 'Content-Length': ['0', '5'] },
      { 'Content-Length': '-0' },
      { 'Content-Length': 'x' },
      { 'Transfer-Encoding': 'chunked' },
      { 'Transfer-Encoding': 'identity' },
    ];
    for (const body of bodies) expect(refusalOf(body)).toEqual({ code: 'bodyNotAllowed' });
    expect(answer({ code: 'bodyNotAllowed' })).toMatch(/^HTTP\/1.1 400 /);
    expect(refusalOf({ 'Content-Length': '0' })).toBeUndefined();
  });

  it('refuses a missing Upgrade header, and one that does not name websocket', () => {
    expect(refusalOf({ Upgrade: undefined })).toEqual({ code: 'missingUpgradeHeader' });
    for (const value of ['h2c', '', 'websockets', 'websocket/13', '"h2c, websocket"']) {
      expect(refusalOf({ Upgrade: value })).toEqual({ code: 'invalidUpgrade', value });
    }
  });

  it('selects websocket, and nothing else, from Upgrade: h2c, websocket', () => {
    for (const value of ['h2c, websocket', 'HTTP/2.0, websocket']) {
      expect(responseHeaders(accepted({ Upgrade: value }))[0]).toEqual(['Upgrade', 'websocket']);
    }
  });

  it('refuses a missing Connection header, and one that does not name Upgrade', () => {
    expect(refusalOf({ Connection: undefined })).toEqual({ code: 'missingConnectionHeader' });
    for (const value of ['keep-alive', '', 'Upgraded', '"Upgrade"']) {
      expect(refusalOf({ Connection: value })).toEqual({ code: 'invalidConnection', value });
    }
  });

  it('A07: matches Upgrade and Connection as lists, without case, over repeated headers (RFC 6455 §4.2.1)', () => {
    expect(refusalOf({ Connection: 'keep-alive, Upgrade' })).toBeUndefined();
    expect(refusalOf({ Upgrade: 'WebSocket', Connection: 'UPGRADE' })).toBeUndefined();
    expect(refusalOf({ Upgrade: ['websocket', 'websocket'], Connection: ['keep-alive', 'upgrade'] })).toBeUndefined();
    expect(refusalOfRaw(rawHeaders('connection', 'keep-alive', 'upgrade', 'WebSocket'))).toBeUndefined();
  });

  it('A10: refuses a key that is missing, no base64, not 16 bytes, or there twice, with 400 (RFC 6455 §4.2.1)', () => {
    const key = exampleHeaders['Sec-WebSocket-Key'];
    expect(refusalOf({ 'Sec-WebSocket-Key': undefined })).toEqual({ code: 'missingKey' });
    const bad = [
      '',
      '!'.repeat(24),
      Buffer.alloc(15).toString('base64'),
      Buffer.alloc(17).toString('base64'),
      `${key}, ${key}`,
    ];
    for (const value of bad) expect(refusalOf({ 'Sec-WebSocket-Key': value })).toEqual({ code: 'badKey' });
    const twice = refusalOfRaw(rawHeaders('sec-websocket-key', key));
    expect(twice).toEqual({ code: 'duplicateHeader', name: 'sec-websocket-key' });
    for (const refusal of [twice, { code: 'missingKey' } as const, { code: 'badKey' } as const]) {
      expect(answer(refusal)).toMatch(/^HTTP\/1.1 400 /);
    }
  });

  it('A11: answers any other version than 13 with 426 and Sec-WebSocket-Version: 13 (RFC 6455 §4.4)', () => {
    for (const version of ['8', '12', '13, 8', '8, 13', '013', '', undefined]) {
      const refusal = refusalOf({ 'Sec-WebSocket-Version': version });
      expect(refusal).toEqual({ code: 'unsupportedVersion', version });
      expect(answer(refusal)).toMatch(/^HTTP\/1.1 426 Upgrade Required\r\n/);
      expect(answer(refusal)).toContain('\r\nSec-WebSocket-Version: 13\r\n');
    }
  });

  it('refuses two version headers (RFC 6455 §11.3.5)', () => {
    expect(refusalOfRaw(rawHeaders('sec-websocket-version', '13'))).toEqual({
      code: 'duplicateHeader',
      name: 'sec-websocket-version',
    });
  });

  it('A12: judges hostile extension headers in less than 5 ms and changes no prototype (RFC 6455 §9.1)', () => {
    const offer = (value: string) => ({ 'Sec-WebSocket-Extensions': value });
    const unclosed = offer(`permessage-deflate; a="${'x'.repeat(64 * 1024)}`);
    const many = offer(Array.from({ length: 10_000 }, () => 'permessage-deflate').join(', '));
    for (const hostile of [unclosed, many]) {
      expect(refusalOf(hostile)).toEqual({ code: 'badExtensions' });
      expect(quickest(() => check(hostile))).toBeLessThan(5);
    }
    expect(answer({ code: 'badExtensions' })).toMatch(/^HTTP\/1.1 400 /);
    const before = Object.getOwnPropertyNames(Object.prototype);
    const { extensions } = accepted(offer('__proto__; __proto__=1, constructor; prototype=1'));
    expect(extensions.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  it('A13: judges hostile subprotocol headers in linear time, with 400 (RFC 6455 §4.1)', () => {
    const kib16 = 16 * 1024;
    const bad = [
      ' '.repeat(kib16),
      `a,${' '.repeat(kib16)},b`,
      `a${' '.repeat(kib16)}b`,
      ','.repeat(kib16),
      'chat, chat',
      'ch@t',
      'chat,',
      'chat,,soap',
      '',
    ];
    for (const value of bad) {
      const changes = { 'Sec-WebSocket-Protocol': value };
      const refusal = refusalOf(changes, ['chat']);
      expect(refusal?.code).toBe('badSubprotocol');
      expect(answer(refusal)).toMatch(/^HTTP\/1.1 400 /);
      expect(quickest(() => check(changes))).toBeLessThan(5);
    }
  });

  it('chooses the first subprotocol that the client offers, over repeated headers (RFC 6455 §4.2.2)', () => {
    const changes = { 'Sec-WebSocket-Protocol': ['x', 'b, a'] };
    expect(accepted(changes, ['a', 'b'])).toMatchObject({ subprotocol: 'b', subprotocols: ['x', 'b', 'a'] });
  });

  it('refuses a request without an acceptable subprotocol when the server lists some', () => {
    const offered = { 'Sec-WebSocket-Protocol': 'x, y' };
    expect(refusalOf(offered, ['a'])).toEqual({ code: 'noAcceptableSubprotocol', offered: ['x', 'y'] });
    expect(refusalOf({}, ['a'])).toEqual({ code: 'noAcceptableSubprotocol', offered: [] });
  });

  it('needs no subprotocol, and chooses none, when the server lists none', () => {
    expect(accepted({ 'Sec-WebSocket-Protocol': 'x, y' })).toMatchObject({ subprotocol: undefined });
    expect(accepted({}, [])).toMatchObject({ subprotocol: undefined, subprotocols: [] });
  });

  it('names the first fault in the order of the checks', () => {
    const faults: [string, Changes, string][] = [
      ['missingHost', { Host: undefined }, 'Host'],
      ['bodyNotAllowed', { 'Content-Length': '1' }, 'Content-Length'],
      ['missingUpgradeHeader', { Upgrade: undefined }, 'Upgrade'],
      ['missingConnectionHeader', { Connection: undefined }, 'Connection'],
      ['unsupportedVersion', { 'Sec-WebSocket-Version': '8' }, 'Sec-WebSocket-Version'],
      ['badKey', { 'Sec-WebSocket-Key': 'x' }, 'Sec-WebSocket-Key'],
      ['badSubprotocol', { 'Sec-WebSocket-Protocol': '?' }, 'Sec-WebSocket-Protocol'],
      ['badExtensions', { 'Sec-WebSocket-Extensions': '"' }, 'Sec-WebSocket-Extensions'],
    ];
    const all: Changes = Object.assign({}, ...faults.map(([, changes]) => changes));
    const everything = { ...exampleHeaders, ...all };
    expect(refusalOfRaw(everything, { method: 'PUT', httpVersion: '1.0' })?.code).toBe('wrongMethod');
    expect(refusalOfRaw(everything, { httpVersion: '1.0' })?.code).toBe('httpVersion');
    for (const [code, , header] of faults) {
      expect(refusalOf(all)?.code).toBe(code);
      all[header] = header in exampleHeaders ? new Map(Object.entries(exampleHeaders)).get(header) : undefined;
    }
    expect(refusalOf(all)).toBeUndefined();
  });

  it('never throws, whatever the request holds, and answers every refusal with bytes', () => {
    const name = fc.oneof(
      fc.constantFrom('content-length', 'sec-websocket-protocol', 'sec-websocket-extensions', '__proto__', 'origin'),
      fc.constantFrom(...Object.keys(exampleHeaders)),
      fc.string(),
    );
    const value = fc.oneof(fc.constantFrom(...Object.values(exampleHeaders), '0', 'a, b', 'a; b="c"'), anyText);
    const pairs = fc.array(fc.tuple(name, value));
    const base = fc.constantFrom<[string, string][]>([], Object.entries(exampleHeaders));
    const method = fc.option(fc.oneof(fc.constant('GET'), fc.string()), { nil: undefined });
    const httpVersion = fc.option(fc.oneof(fc.constant('1.1'), fc.string()), { nil: undefined });
    fc.assert(
      fc.property(base, pairs, method, httpVersion, (given, added, m, v) => {
        const list = [...given, ...added];
        const object: Record<string, string> = Object.fromEntries(list);
        for (const headers of [list, list.flat(), object]) {
          const result = validateRequest({ method: m, httpVersion: v, headers }, { subprotocols: ['a'] });
          if (!result.ok) {
            const [head = ''] = answer(result.refusal).split('\r\n\r\n');
            expect(head).toMatch(/^HTTP\/1.1 4\d\d [A-Z][\w ]+(\r\n[\w-]+: [ -~]+)+$/);
          } else expect(result.upgrade.subprotocol).toBe('a');
        }
      }),
    );
  });
});
