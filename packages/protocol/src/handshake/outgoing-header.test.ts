import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertSendable, encodeHead, isAuthority, isConnectionSpecific, isReserved } from './outgoing-header.ts';

describe('encodeHead', () => {
  it('writes the start line, the headers and the empty line in latin1 (RFC 9112 §2.1)', () => {
    const head = encodeHead('GET / HTTP/1.1', [
      ['A', 'b'],
      ['C', 'caf\u00e9'],
    ]);
    expect(head).toEqual(Buffer.from('GET / HTTP/1.1\r\nA: b\r\nC: caf\u00e9\r\n\r\n', 'latin1'));
  });

  it('throws a TypeError, or adds exactly one line to the head for each header', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', ' ', '\r', '\n', '\0', '\u010d', '\u010a') });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (headers) => {
        let head: Buffer;
        try {
          head = encodeHead('GET / HTTP/1.1', headers);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        expect(head.toString('latin1').split(/\r|\n|\0/)).toHaveLength(2 * headers.length + 5);
      }),
    );
  });
});

describe('assertSendable', () => {
  it('names the header and the rule', () => {
    expect(() => assertSendable('X-A', 'b\r\nSet-Cookie: c')).toThrow(
      new TypeError('the header "X-A" has a name or a value that HTTP does not allow (RFC 9110 §5.5)'),
    );
  });
});

describe('isReserved', () => {
  it("covers the protocol's headers, the connection's and a body's, and no others", () => {
    const names = [
      'sec-websocket-key',
      'sec-websocket-x',
      'upgrade',
      'connection',
      'transfer-encoding',
      'content-length',
    ];
    expect(names.filter((name) => !isReserved(name))).toEqual([]);
    expect(['cookie', 'set-cookie', 'host', 'sec-fetch-mode', 'origin'].filter(isReserved)).toEqual([]);
  });
});

describe('isConnectionSpecific', () => {
  it("names the connection's headers (RFC 9113 §8.2.2)", () => {
    const names = ['connection', 'upgrade', 'keep-alive', 'proxy-connection', 'transfer-encoding'];
    expect(names.every(isConnectionSpecific)).toBe(true);
    expect(isConnectionSpecific('content-length')).toBe(false);
  });
});

describe('isAuthority', () => {
  it('takes visible ASCII, at least one character', () => {
    expect(['a', 'a:80', '[::1]:80'].every(isAuthority)).toBe(true);
    expect(['', 'a b', 'a\n', 'a\r\nb: c', 'caf\u00e9', 'a\0'].some(isAuthority)).toBe(false);
  });
});
