import { describe, expect, it } from 'vitest';
import { encodeRefusal, encodeResponse, responseHeaders, type Upgrade, validateRequest } from './http1-server.ts';
import type { RequestRefusal } from './refusal.ts';

function accepted(changes: Record<string, string> = {}, subprotocols: readonly string[] = []): Upgrade {
  const headers = {
    Host: 'server.example.com',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...changes,
  };
  const result = validateRequest({ headers }, { subprotocols });
  if (!result.ok) throw new Error(`refused: ${result.refusal.code}`);
  return result.upgrade;
}

function answer(refusal: RequestRefusal): string {
  return Buffer.from(encodeRefusal(refusal)).toString('utf8');
}

describe('responseHeaders', () => {
  it('are those of the example (RFC 6455 §1.2)', () => {
    const upgrade = accepted({ 'Sec-WebSocket-Protocol': 'chat, superchat' }, ['chat']);
    expect(responseHeaders(upgrade)).toEqual([
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
      ['Sec-WebSocket-Protocol', 'chat'],
    ]);
  });

  it('carry extensions and headers of the application', () => {
    const options = {
      extensions: ['a; b=1', 'c'],
      headers: [['Set-Cookie', 'x=1'] as const, ['Set-Cookie', 'y=2'] as const],
    };
    expect(responseHeaders(accepted(), options).slice(3)).toEqual([
      ['Sec-WebSocket-Extensions', 'a; b=1, c'],
      ['Set-Cookie', 'x=1'],
      ['Set-Cookie', 'y=2'],
    ]);
  });

  it.each([
    ['X-A', 'b\r\nSet-Cookie: c=d'],
    ['X-A', 'b\nc'],
    ['X-A', 'b\rc'],
    ['X-A', 'b\0c'],
    ['X-A', 'b\u010dc'],
    ['X-A\r\nB', 'c'],
    ['X A', 'b'],
    ['', 'b'],
    [':status', '200'],
  ])('throw a TypeError for %j: %j, which would split the response', (name, value) => {
    expect(() => responseHeaders(accepted(), { headers: [[name, value]] })).toThrow(TypeError);
    expect(() => encodeResponse([[name, value]])).toThrow(TypeError);
  });

  it.each([
    'sec-websocket-accept',
    'Sec-WebSocket-Protocol',
    'SEC-WEBSOCKET-ANYTHING',
    'Upgrade',
    'Connection',
    'Content-Length',
    'Transfer-Encoding',
  ])("throw a TypeError for %s, which is the handshake's own", (name) => {
    expect(() => responseHeaders(accepted(), { headers: [[name, '1']] })).toThrow(/belongs to the handshake/);
  });

  it('throw a TypeError for a subprotocol that was not offered and an extension that would split the response', () => {
    expect(() => responseHeaders({ ...accepted(), subprotocol: 'chat' })).toThrow(
      /did not offer the subprotocol "chat"/,
    );
    expect(() => responseHeaders(accepted(), { extensions: ['a\r\nB: c'] })).toThrow(TypeError);
  });
});

describe('encodeResponse', () => {
  it('writes the whole answer', () => {
    expect(Buffer.from(encodeResponse(responseHeaders(accepted()))).toString('latin1')).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });
});

describe('encodeRefusal', () => {
  it('writes a complete answer with one line for people', () => {
    const body = 'the Upgrade header is "h2c", not "websocket" (RFC 6455 §4.2.1)\n';
    expect(answer({ code: 'invalidUpgrade', value: 'h2c' })).toBe(
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });

  it('names the protocol to upgrade to in a 426 (RFC 9110 §15.5.22)', () => {
    expect(answer({ code: 'unsupportedVersion', version: '8' })).toContain(
      '\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n',
    );
  });

  it('sends no body to HEAD (RFC 9110 §9.3.2)', () => {
    expect(answer({ code: 'wrongMethod', method: 'HEAD', expected: 'GET' })).toMatch(
      /Content-Length: [1-9]\d*\r\n\r\n$/,
    );
    expect(answer({ code: 'wrongMethod', method: 'POST', expected: 'GET' })).not.toMatch(/\r\n\r\n$/);
  });

  it('cannot be made to write lines of the peer', () => {
    const text = answer({ code: 'invalidUpgrade', value: 'h2c\r\n\r\nHTTP/1.1 200 OK\r\n' });
    expect(text.split('\r\n\r\n')).toHaveLength(2);
    expect(text).toContain('"h2c\\u000d\\u000a');
  });
});
