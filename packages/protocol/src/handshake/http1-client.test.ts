import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderInput } from './header-map.ts';
import { buildRequest, type RequestOptions, validateResponse } from './http1-client.ts';
import { encodeResponse, responseHeaders, validateRequest } from './http1-server.ts';
import { isValidKey } from './key.ts';
import { ResponseParser } from './response-parser.ts';
import type { WebSocketTarget } from './url.ts';

// Every character that one byte can be, and some that a careless encoder would turn into CR, LF or NUL.
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0x2ff }).map((code) => String.fromCharCode(code)) });

const target: WebSocketTarget = {
  secure: false,
  hostname: 'server.example.com',
  port: 80,
  path: '/chat?a=b',
  hostHeader: 'server.example.com',
};
const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const switched = {
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
};

function build(options: RequestOptions = {}, changes: Partial<WebSocketTarget> = {}) {
  const built = buildRequest({ ...target, ...changes }, { key, ...options });
  return built.ok ? Buffer.from(built.bytes).toString('latin1') : built.refusal;
}

function validate(
  changes: Record<string, string | readonly string[] | undefined>,
  offer: { subprotocols?: string[]; extensions?: string[] } = {},
) {
  const result = validateResponse({ status: 101, headers: { ...switched, ...changes } }, { key, ...offer });
  return result.ok ? result.accepted : result.refusal;
}

describe('buildRequest', () => {
  it('writes the smallest request (RFC 6455 §4.1)', () => {
    expect(build()).toBe(
      'GET /chat?a=b HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  });

  it('writes subprotocols, extensions, origin and headers of the application, in this order', () => {
    const options = {
      subprotocols: ['chat', 'superchat'],
      extensions: ['permessage-deflate; client_max_window_bits', 'x'],
      origin: 'http://example.com',
      headers: [['X-A', '1'] as const, ['Cookie', 'c'] as const],
    };
    expect(build(options)).toContain(
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, superchat\r\n' +
        'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x\r\nOrigin: http://example.com\r\n' +
        'X-A: 1\r\nCookie: c\r\n\r\n',
    );
  });

  it('takes headers as an object too, and lets them replace Host', () => {
    expect(build({ headers: { host: 'other:1', 'X-A': ['1', '2'] } })).toMatch(
      /^GET \S+ HTTP\/1.1\r\nHost: other:1\r\nUpgrade(.|\r\n)+X-A: 1\r\nX-A: 2\r\n\r\n$/,
    );
  });

  it('makes a fresh key for every request', () => {
    const keys = [buildRequest(target), buildRequest(target)].map((built) => built.ok && built.key);
    expect(keys.every((made) => made && isValidKey(made))).toBe(true);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('I06: refuses CR, LF and NUL in path, subprotocol, header and origin before a byte is made (RFC 9110 §5.5)', () => {
    for (const char of ['\r', '\n', '\0', '\r\nX: y', '\u010a', '\u010d']) {
      expect(build({}, { path: `/${char}` })).toEqual({ code: 'invalidUrl' });
      expect(build({}, { hostHeader: `h${char}` })).toEqual({ code: 'invalidHeader', name: 'host' });
      expect(build({ headers: { Host: `h${char}` } })).toEqual({ code: 'invalidHeader', name: 'host' });
      expect(build({ origin: `o${char}` })).toEqual({ code: 'invalidHeader', name: 'origin' });
      expect(build({ headers: { 'X-A': `b${char}` } })).toEqual({ code: 'invalidHeader', name: 'x-a' });
      expect(build({ headers: { [`x${char}`]: 'b' } })).toMatchObject({ code: 'invalidHeader' });
      expect(build({ subprotocols: [`a${char}`] })).toEqual({ code: 'badSubprotocol', value: `a${char}` });
      expect(build({ extensions: [`a${char}`] })).toEqual({ code: 'badExtensions' });
      expect(build({ key: `${key}${char}` })).toEqual({ code: 'badKey' });
    }
  });

  it('refuses a path that would end early or is none', () => {
    for (const path of ['', 'a', '/a b', '/a#b', '/caf\u00e9'])
      expect(build({}, { path })).toEqual({ code: 'invalidUrl' });
  });

  it('refuses subprotocols that are no tokens or not all different (RFC 6455 §4.1)', () => {
    expect(build({ subprotocols: ['a', 'b', 'a'] })).toEqual({ code: 'badSubprotocol', value: 'a, b, a' });
    for (const bad of ['', 'a b', 'a,b', '"a"'])
      expect(build({ subprotocols: [bad] })).toMatchObject({ code: 'badSubprotocol' });
  });

  it('refuses malformed extensions (RFC 6455 §9.1)', () => {
    expect(build({ extensions: ['a; b="'] })).toEqual({ code: 'badExtensions' });
  });

  it.each([
    'Sec-WebSocket-Key',
    'sec-websocket-extensions',
    'UPGRADE',
    'Connection',
    'Content-Length',
    'Transfer-Encoding',
  ])('refuses the header %s, which is its own to set', (name) => {
    expect(build({ headers: [[name, '1']] })).toEqual({ code: 'forbiddenHeader', name: name.toLowerCase() });
  });

  it('refuses a second Host and a second Origin', () => {
    expect(build({ headers: { Host: ['a', 'b'] } })).toEqual({ code: 'duplicateHost' });
    expect(build({ origin: 'a', headers: { origin: 'b' } })).toEqual({ code: 'duplicateHeader', name: 'origin' });
  });

  it('never throws, and never writes a line that was not asked for', () => {
    const text = fc.oneof(anyText, fc.string({ unit: fc.constantFrom('a', ' ', '\r', '\n', '\u010a') }));
    const texts = fc.array(text, { maxLength: 3 });
    fc.assert(
      fc.property(
        text,
        texts,
        texts,
        text,
        fc.array(fc.tuple(text, text)),
        (path, subprotocols, extensions, origin, headers) => {
          const built = buildRequest({ ...target, path: `/${path}` }, { subprotocols, extensions, origin, headers });
          if (!built.ok) return;
          const lines = Buffer.from(built.bytes)
            .toString('latin1')
            .split(/\r|\n/)
            .filter((line) => line !== '');
          expect(lines).toHaveLength(built.headers.length + 1);
        },
      ),
    );
  });
});

describe('validateResponse', () => {
  it('accepts the response of the example, with the first of two subprotocols (RFC 6455 §1.2)', () => {
    const chosen = validate({ 'Sec-WebSocket-Protocol': 'chat' }, { subprotocols: ['chat', 'superchat'] });
    expect(chosen).toEqual({ subprotocol: 'chat', extensions: [] });
    expect(validate({}, { subprotocols: ['chat'] })).toEqual({ subprotocol: undefined, extensions: [] });
  });

  it.each([200, 100, 301, 401, 426, 503])('refuses status %i', (status) => {
    expect(validateResponse({ status, headers: switched }, { key })).toEqual({
      ok: false,
      refusal: { code: 'unexpectedStatus', status },
    });
  });

  it('refuses a missing or another Upgrade (RFC 6455 §4.1)', () => {
    expect(validate({ Upgrade: undefined })).toEqual({ code: 'missingUpgradeHeader' });
    expect(validate({ Upgrade: 'h2c' })).toEqual({ code: 'invalidUpgrade', value: 'h2c' });
    expect(validate({ Upgrade: 'h2c, websocket' })).toEqual({ code: 'invalidUpgrade', value: 'h2c, websocket' });
    expect(validate({ Upgrade: 'WebSocket' })).toMatchObject({ extensions: [] });
  });

  it('refuses a missing Connection, and one without Upgrade (RFC 6455 §4.1)', () => {
    expect(validate({ Connection: undefined })).toEqual({ code: 'missingConnectionHeader' });
    expect(validate({ Connection: 'close' })).toEqual({ code: 'invalidConnection', value: 'close' });
    expect(validate({ Connection: 'keep-alive, upgrade' })).toMatchObject({ extensions: [] });
  });

  it('refuses a missing, a wrong and a repeated Sec-WebSocket-Accept (RFC 6455 §4.1, §11.3.3)', () => {
    const accept = switched['Sec-WebSocket-Accept'];
    expect(validate({ 'Sec-WebSocket-Accept': undefined })).toEqual({ code: 'missingAccept' });
    for (const wrong of ['', accept.toLowerCase(), `${accept}=`, key]) {
      expect(validate({ 'Sec-WebSocket-Accept': wrong })).toEqual({ code: 'acceptMismatch' });
    }
    expect(validate({ 'Sec-WebSocket-Accept': [accept, accept] })).toEqual({
      code: 'duplicateHeader',
      name: 'sec-websocket-accept',
    });
    expect(validate({ 'Sec-WebSocket-Accept': ` ${accept} ` })).toMatchObject({ extensions: [] });
  });

  it('I04: refuses a subprotocol or an extension that was not offered (RFC 6455 §4.1)', () => {
    const protocol = (value: string, subprotocols?: string[]) =>
      validate({ 'Sec-WebSocket-Protocol': value }, subprotocols ? { subprotocols } : {});
    expect(protocol('chat')).toEqual({ code: 'unrequestedSubprotocol', value: 'chat' });
    expect(protocol('Chat', ['chat'])).toEqual({ code: 'unrequestedSubprotocol', value: 'Chat' });
    expect(protocol('', ['chat'])).toEqual({ code: 'unrequestedSubprotocol', value: '' });
    expect(protocol('a, b', ['a', 'b'])).toEqual({ code: 'unrequestedSubprotocol', value: 'a, b' });
    const extension = (value: string, extensions?: string[]) =>
      validate({ 'Sec-WebSocket-Extensions': value }, extensions ? { extensions } : {});
    expect(extension('permessage-deflate')).toEqual({ code: 'unrequestedExtension', name: 'permessage-deflate' });
    expect(extension('a, b', ['a; c'])).toEqual({ code: 'unrequestedExtension', name: 'b' });
    expect(extension('__proto__', ['a'])).toEqual({ code: 'unrequestedExtension', name: '__proto__' });
  });

  it('refuses two subprotocol headers (RFC 6455 §11.3.4)', () => {
    expect(validate({ 'Sec-WebSocket-Protocol': ['a', 'b'] }, { subprotocols: ['a', 'b'] })).toEqual({
      code: 'duplicateHeader',
      name: 'sec-websocket-protocol',
    });
  });

  it('hands out the extensions that were offered and accepted, and refuses a malformed header (RFC 6455 §9.1)', () => {
    const offer = { extensions: ['permessage-deflate; client_max_window_bits'] };
    expect(validate({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits=10' }, offer)).toEqual({
      subprotocol: undefined,
      extensions: [{ name: 'permessage-deflate', params: [['client_max_window_bits', '10']] }],
    });
    expect(validate({ 'Sec-WebSocket-Extensions': 'permessage-deflate; a="' }, offer)).toEqual({
      code: 'badExtensions',
    });
  });

  it('never throws, whatever the response holds', () => {
    const name = fc.oneof(
      fc.constantFrom(...Object.keys(switched), 'sec-websocket-protocol', 'sec-websocket-extensions'),
      fc.string(),
    );
    const value = fc.oneof(fc.constantFrom(...Object.values(switched)), anyText);
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.tuple(name, value)),
        fc.oneof(fc.constant(101), fc.double()),
        (base, added, status) => {
          const headers: HeaderInput = [...(base ? Object.entries(switched) : []), ...added];
          const result = validateResponse({ status, headers }, { key });
          expect(result.ok && result.accepted.subprotocol).toBe(result.ok ? undefined : false);
        },
      ),
    );
  });
});

describe('client and server', () => {
  it('agree on what each other builds', () => {
    const token = fc.stringMatching(/^[a-z.]{1,6}$/);
    const tokens = fc.uniqueArray(token, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(tokens, tokens, fc.nat(3), (subprotocols, extensions, pick) => {
        const request = buildRequest(target, { subprotocols, extensions, origin: 'http://o' });
        if (!request.ok) throw new Error(request.refusal.code);
        const chosen = subprotocols[pick % subprotocols.length] ?? '';
        const seen = validateRequest(
          { method: 'GET', httpVersion: '1.1', headers: request.headers },
          { subprotocols: [chosen] },
        );
        if (!seen.ok) throw new Error(seen.refusal.code);
        expect(seen.upgrade).toMatchObject({ key: request.key, subprotocols, subprotocol: chosen, origin: 'http://o' });
        expect(seen.upgrade.extensions.map(({ name }) => name)).toEqual(extensions);
        const answer = responseHeaders(seen.upgrade, { extensions: extensions.slice(0, 1) });
        const outcome = new ResponseParser().push(encodeResponse(answer));
        if (!outcome?.ok) throw new Error('no response');
        expect(validateResponse(outcome.response, { key: request.key, subprotocols, extensions })).toEqual({
          ok: true,
          accepted: { subprotocol: chosen, extensions: [{ name: extensions[0], params: [] }] },
        });
      }),
    );
  });
});
