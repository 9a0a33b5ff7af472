import { describe, expect, it } from 'vitest';
import { elements } from '../deflate/elements.fixture.ts';
import { buildExtendedConnect, validateExtendedConnect } from './extended-connect.ts';
import { buildRequest, validateResponse } from './http1-client.ts';
import { encodeRefusal, validateRequest } from './http1-server.ts';
import { checkCompression } from './offer.ts';
import { describeRefusal, type Refusal, refusalHeaders, refusalStatus, refusals } from './refusal.ts';
import { ResponseParser } from './response-parser.ts';
import { parseWebSocketUrl } from './url.ts';

type Changes = Record<string, string | readonly string[] | undefined>;
type Outcome = { readonly ok: true } | { readonly ok: false; readonly refusal: Refusal };

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const target = { secure: true, hostname: 'h', port: 443, path: '/', hostHeader: 'h' };

function request(changes: Changes, subprotocols: string[] = []): Outcome {
  const headers = { host: 'h', upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-key': key };
  return validateRequest({ headers: { ...headers, 'sec-websocket-version': '13', ...changes } }, { subprotocols });
}

function response(changes: Changes): Outcome {
  const headers = {
    upgrade: 'websocket',
    connection: 'upgrade',
    'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  };
  return validateResponse({ status: 101, headers: { ...headers, ...changes } }, { key });
}

function connect(changes: Changes): Outcome {
  const pseudo = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'https',
    ':authority': 'h',
    ':path': '/',
  };
  return validateExtendedConnect({ ...pseudo, 'sec-websocket-version': '13', ...changes });
}

function parse(text: string): Outcome {
  return new ResponseParser({ maxHandshakeSize: 40 }).push(Buffer.from(text)) ?? { ok: true };
}

/** A refusal that only a transport can come to, for it measures bytes or time. */
function byTransport(refusal: Refusal): Outcome {
  return { ok: false, refusal };
}

/** What brings each refusal about, and the line that describes it. */
const producers: Record<Refusal['code'], [Outcome, string]> = {
  wrongMethod: [
    validateRequest({ method: 'POST', headers: [] }),
    'the method is "POST", not "GET" (RFC 6455 §4.2.1, RFC 8441 §4)',
  ],
  httpVersion: [
    validateRequest({ httpVersion: '1.0', headers: [] }),
    'the HTTP version is "1.0", not "1.1" (RFC 6455 §4.2.1)',
  ],
  missingHost: [request({ host: undefined }), 'the Host header is missing (RFC 6455 §4.2.1)'],
  duplicateHost: [request({ host: ['h', 'h'] }), 'there is more than one Host header (RFC 9112 §3.2)'],
  bodyNotAllowed: [
    request({ 'content-length': '1' }),
    'a request for a WebSocket cannot have a body (RFC 9110 §9.3.1)',
  ],
  missingUpgradeHeader: [request({ upgrade: undefined }), 'the Upgrade header is missing (RFC 6455 §4.2.1)'],
  invalidUpgrade: [request({ upgrade: 'h2c' }), 'the Upgrade header is "h2c", not "websocket" (RFC 6455 §4.2.1)'],
  missingConnectionHeader: [request({ connection: undefined }), 'the Connection header is missing (RFC 6455 §4.2.1)'],
  invalidConnection: [
    request({ connection: 'close' }),
    'the Connection header is "close", which does not name "Upgrade" (RFC 6455 §4.2.1)',
  ],
  unsupportedVersion: [
    request({ 'sec-websocket-version': undefined }),
    'the Sec-WebSocket-Version header is absent, not "13" (RFC 6455 §4.4)',
  ],
  missingKey: [
    request({ 'sec-websocket-key': undefined }),
    'the Sec-WebSocket-Key header is missing (RFC 6455 §4.2.1)',
  ],
  badKey: [request({ 'sec-websocket-key': 'x' }), 'the Sec-WebSocket-Key is not 16 bytes in base64 (RFC 6455 §4.2.1)'],
  duplicateHeader: [
    request({ 'sec-websocket-key': [key, key] }),
    'the header "sec-websocket-key" stands there more than once (RFC 6455 §11.3)',
  ],
  badSubprotocol: [
    request({ 'sec-websocket-protocol': 'a,,b' }),
    'the Sec-WebSocket-Protocol header "a,,b" is not a list of different tokens (RFC 6455 §4.1)',
  ],
  noAcceptableSubprotocol: [
    request({ 'sec-websocket-protocol': 'a, b' }, ['c']),
    'the server speaks none of the subprotocols offered: "a, b" (RFC 6455 §4.2.2)',
  ],
  badExtensions: [
    request({ 'sec-websocket-extensions': '"' }),
    'the Sec-WebSocket-Extensions header is malformed (RFC 6455 §9.1)',
  ],
  handshakeTooBig: [byTransport({ code: 'handshakeTooBig' }), 'the header block is too large (RFC 6585 §5)'],
  handshakeTimeout: [
    byTransport({ code: 'handshakeTimeout' }),
    'the request did not arrive in time (RFC 9110 §15.5.9)',
  ],
  wrongProtocol: [
    connect({ ':protocol': 'foo' }),
    'the :protocol is "foo", not "websocket" (RFC 8441 §4, RFC 9220 §3)',
  ],
  missingScheme: [connect({ ':scheme': undefined }), 'the :scheme is missing (RFC 8441 §4)'],
  invalidScheme: [
    connect({ ':scheme': 'ftp' }),
    'the scheme "ftp" is not a WebSocket scheme (RFC 6455 §3, RFC 8441 §5)',
  ],
  missingAuthority: [connect({ ':authority': undefined }), 'the :authority is missing (RFC 8441 §4)'],
  missingPath: [connect({ ':path': undefined }), 'the :path is missing or does not begin with a slash (RFC 8441 §4)'],
  forbiddenHeader: [
    connect({ connection: 'x' }),
    'the header "connection" is not allowed here (RFC 9113 §8.2.2, §8.3)',
  ],
  invalidHeader: [
    buildRequest(target, { headers: { 'x-a': '\n' } }),
    'the header "x-a" holds a character that is not allowed (RFC 9110 §5.5)',
  ],
  authorityMismatch: [
    connect({ host: 'other' }),
    'the :authority "h" and the Host header "other" differ (RFC 9113 §8.3.1)',
  ],
  unexpectedStatus: [
    validateResponse({ status: 404, headers: [] }, { key }),
    'the server answered with status 404 and opened no WebSocket (RFC 6455 §4.1, RFC 8441 §5)',
  ],
  missingAccept: [
    response({ 'sec-websocket-accept': undefined }),
    'the Sec-WebSocket-Accept header is missing (RFC 6455 §4.1)',
  ],
  acceptMismatch: [
    response({ 'sec-websocket-accept': 'x' }),
    'the Sec-WebSocket-Accept does not answer our key (RFC 6455 §4.1)',
  ],
  unrequestedSubprotocol: [
    response({ 'sec-websocket-protocol': 'a' }),
    'the server chose the subprotocol "a", which was not offered (RFC 6455 §4.1)',
  ],
  unrequestedExtension: [
    response({ 'sec-websocket-extensions': 'a; b' }),
    'the server chose the extension "a", which was not offered (RFC 6455 §4.1)',
  ],
  badCompression: [
    checkCompression(elements('permessage-deflate; server_max_window_bits=7')),
    'the server\'s answer to the offer of permessage-deflate is not acceptable: "badServerMaxWindowBits" (RFC 7692 §5, §7.1)',
  ],
  badHttpResponse: [parse('SSH-2.0\r\n'), 'the line "SSH-2.0\\u000d\\u000a" is not HTTP/1 (RFC 9112 §4, §5)'],
  handshakeResponseTooBig: [
    parse('x'.repeat(41)),
    'the header block of the response is larger than 40 bytes (RFC 9110 §5.4)',
  ],
  invalidUrl: [parseWebSocketUrl('//h'), 'this is not a WebSocket URL (RFC 6455 §3)'],
  invalidPort: [parseWebSocketUrl('ws://h:x'), 'the port "x" is not a number from 0 to 65535 (RFC 6455 §3)'],
  fragmentNotAllowed: [parseWebSocketUrl('ws://h#a'), 'a WebSocket URL cannot have a fragment (RFC 6455 §3)'],
  peerDoesNotAllowConnectProtocol: [
    buildExtendedConnect(target, { peerAllowsConnectProtocol: false }),
    'the server has not enabled extended CONNECT in its settings (RFC 8441 §3)',
  ],
};

describe('refusals', () => {
  it('has a test for every row', () => {
    expect(Object.keys(producers).sort()).toEqual(Object.keys(refusals).sort());
  });

  it.each(Object.entries(producers))('%s comes about and reads well', (code, [outcome, description]) => {
    if (outcome.ok) throw new Error('not refused');
    expect(outcome.refusal.code).toBe(code);
    expect(describeRefusal(outcome.refusal)).toBe(description);
  });

  it.each(Object.entries(refusals))('%s has a status for refusals, a section and a clause', (_, row) => {
    expect([null, 400, 405, 408, 426, 431, 501]).toContain(row.status);
    expect(row.rfc).toMatch(/^RFC \d{4} §[\d.]+(, (RFC \d{4} )?§[\d.]+)*$/);
    expect(row.text).toMatch(/^(the|a|there|this) .*[^.]$/);
  });
});

describe('refusalStatus and refusalHeaders', () => {
  it('say what would have been accepted', () => {
    expect(refusalStatus({ code: 'unsupportedVersion', version: '8' })).toBe(426);
    expect(refusalHeaders({ code: 'unsupportedVersion', version: '8' })).toEqual([['Sec-WebSocket-Version', '13']]);
    expect(refusalHeaders({ code: 'wrongMethod', method: 'POST', expected: 'GET' })).toEqual([['Allow', 'GET']]);
    expect(refusalHeaders({ code: 'badKey' })).toEqual([]);
  });

  it('answer a handshake that is too large or too slow with 431 and 408', () => {
    const statusLine = (code: 'handshakeTooBig' | 'handshakeTimeout') =>
      Buffer.from(encodeRefusal({ code })).toString('latin1').split('\r\n')[0];
    expect(statusLine('handshakeTooBig')).toBe('HTTP/1.1 431 Request Header Fields Too Large');
    expect(statusLine('handshakeTimeout')).toBe('HTTP/1.1 408 Request Timeout');
  });
});

describe('describeRefusal', () => {
  const shown = (value: string) => /is (".*"), not/.exec(describeRefusal({ code: 'invalidUpgrade', value }))?.[1];

  it('escapes what is not visible ASCII, quotes and backslashes', () => {
    expect(shown('a"b\\c')).toBe('"a\\"b\\\\c"');
    expect(shown('\r\n\0\u00e9\u202e')).toBe('"\\u000d\\u000a\\u0000\\u00e9\\u202e"');
    expect(shown('')).toBe('""');
  });

  it('cuts values after 64 characters', () => {
    expect(shown('x'.repeat(64))).toBe(`"${'x'.repeat(64)}"`);
    expect(shown('x'.repeat(65))).toBe(`"${'x'.repeat(64)}…"`);
  });

  it('does not take placeholders or replacement patterns from the value', () => {
    expect(shown('{value} $& $1')).toBe('"{value} $& $1"');
  });

  it('says when nothing was offered', () => {
    const text = describeRefusal({ code: 'noAcceptableSubprotocol', offered: [] });
    expect(text).toBe('the server speaks none of the subprotocols offered: none (RFC 6455 §4.2.2)');
  });
});
