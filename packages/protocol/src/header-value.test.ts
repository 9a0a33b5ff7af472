import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quickest } from './handshake/quickest.fixture.ts';
import {
  isHeaderValue,
  isToken,
  listIncludes,
  maxExtensionOffers,
  maxExtensionParams,
  parseExtensions,
  parseTokenList,
  trimWhitespace,
} from './header-value.ts';

// Every character that one byte can be, and some that a careless encoder would turn into CR, LF or NUL.
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0x2ff }).map((code) => String.fromCharCode(code)) });

const kib64 = 64 * 1024;

describe('isToken', () => {
  it('takes exactly the token characters (RFC 9110 §5.6.2)', () => {
    const tokenChars = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (let code = 0; code < 0x180; code += 1) {
      const char = String.fromCharCode(code);
      expect([char, isToken(`a${char}`)]).toEqual([char, tokenChars.includes(char)]);
    }
    expect(isToken('')).toBe(false);
  });
});

describe('isHeaderValue', () => {
  it('refuses CR, LF and NUL anywhere (RFC 9110 §5.5)', () => {
    for (const char of ['\r', '\n', '\0']) {
      for (const value of [char, `a${char}`, `${char}a`, `a${char}b`]) expect(isHeaderValue(value)).toBe(false);
    }
  });

  it('refuses characters that latin1 would cut down to a line feed', () => {
    expect(Buffer.from('\u010a', 'latin1')).toEqual(Buffer.from('\n'));
    expect(isHeaderValue('a\u010ab')).toBe(false);
    expect(isHeaderValue('a\u{1f60d}b')).toBe(false);
  });

  it('takes visible characters, blanks, latin1 and nothing at all', () => {
    for (const value of ['', 'a b\tc', 'caf\u00e9', '"quoted, list"; q=1']) expect(isHeaderValue(value)).toBe(true);
  });
});

describe('trimWhitespace', () => {
  it('removes spaces and tabs around the text and nothing else', () => {
    expect(trimWhitespace(' \t a b\u00a0\t ')).toBe('a b\u00a0');
    expect(trimWhitespace(' \t ')).toBe('');
  });
});

describe('parseTokenList', () => {
  it('reads the elements of every line in order, without the blanks around them', () => {
    expect(parseTokenList(['chat ,\tsuperchat', 'soap'])).toEqual({ ok: true, tokens: ['chat', 'superchat', 'soap'] });
    expect(parseTokenList([])).toEqual({ ok: true, tokens: [] });
  });

  it.each(['', ' ', 'a,,b', ',a', 'a,', 'a b', 'a/b', '"a"', '"a, b"', '"a', 'a\u00e9'])('refuses %j', (line) => {
    expect(parseTokenList([line])).toEqual({ ok: false });
  });
});

describe('listIncludes', () => {
  it('finds a name without regard to case, blanks and the other elements', () => {
    for (const line of ['websocket', 'WebSocket', 'h2c, websocket', 'HTTP/2.0 ,\tWEBSOCKET', ',,websocket']) {
      expect(listIncludes([line], 'websocket')).toBe(true);
    }
    expect(listIncludes(['h2c', 'websocket'], 'websocket')).toBe(true);
  });

  it('does not find a name inside a quoted string, nor in a line whose quote stays open', () => {
    for (const line of ['"a, websocket, b"', '"a\\", websocket, \\"b"', 'websocket, "a', 'websockets', 'web socket']) {
      expect(listIncludes([line], 'websocket')).toBe(false);
    }
  });
});

describe('parseExtensions', () => {
  it('reads the examples of RFC 6455 §9.1', () => {
    expect(parseExtensions(['foo', 'bar; baz=2'])).toEqual(parseExtensions(['foo, bar; baz=2']));
    expect(parseExtensions(['deflate-stream', 'mux; max-channels=4; flow-control, deflate-stream'])).toEqual({
      ok: true,
      extensions: [
        { name: 'deflate-stream', params: [] },
        {
          name: 'mux',
          params: [
            ['max-channels', '4'],
            ['flow-control', true],
          ],
        },
        { name: 'deflate-stream', params: [] },
      ],
    });
  });

  it('unescapes quoted values, which must be tokens then (RFC 6455 §9.1)', () => {
    expect(parseExtensions(['a; b="1\\0"'])).toEqual({ ok: true, extensions: [{ name: 'a', params: [['b', '10']] }] });
    expect(parseExtensions(['a; b = "x"'])).toEqual({ ok: true, extensions: [{ name: 'a', params: [['b', 'x']] }] });
    for (const value of ['""', '"1 2"', '"1,2"', '"1;2"', '"1\\""']) {
      expect(parseExtensions([`a; b=${value}`])).toEqual({ ok: false });
    }
  });

  it.each([
    'a; b="c',
    'a; b="c\\',
    'a; b="c\\"',
    'a; b="c"d',
    'a; b=c"d"',
    'a;',
    'a;;b',
    'a; =b',
    'a; b=',
    'a b',
    ';a',
    '"a"',
    'a; b c',
    'a; b=c=d',
  ])('refuses %j', (line) => {
    expect(parseExtensions([line])).toEqual({ ok: false });
  });

  it('passes over empty list elements (RFC 9110 §5.6.1.2)', () => {
    expect(parseExtensions([', a ,, b,'])).toEqual(parseExtensions(['a, b']));
    expect(parseExtensions([''])).toEqual({ ok: true, extensions: [] });
  });

  it('counts elements and parameters, empty elements too', () => {
    const list = (count: number) => Array.from({ length: count }, () => 'a').join();
    expect(parseExtensions([list(maxExtensionOffers)]).ok).toBe(true);
    expect(parseExtensions([list(maxExtensionOffers + 1)]).ok).toBe(false);
    expect(parseExtensions([list(maxExtensionOffers), 'a']).ok).toBe(false);
    expect(parseExtensions([','.repeat(maxExtensionOffers)]).ok).toBe(false);
    expect(parseExtensions([`a${';b'.repeat(maxExtensionParams)}`]).ok).toBe(true);
    expect(parseExtensions([`a${';b'.repeat(maxExtensionParams + 1)}`]).ok).toBe(false);
  });

  it('keeps names such as __proto__ and constructor plain data', () => {
    expect(parseExtensions(['__proto__; constructor=1; __proto__'])).toEqual({
      ok: true,
      extensions: [
        {
          name: '__proto__',
          params: [
            ['constructor', '1'],
            ['__proto__', true],
          ],
        },
      ],
    });
    expect(Object.hasOwn(Object.prototype, 'name')).toBe(false);
  });

  it('gives back what was written, for any extensions', () => {
    const word = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,8}$/);
    const quoted = word.map((text) => ({ text, wire: `"${text.replace(/./g, '\\$&')}"` }));
    const value = fc.oneof(
      fc.constant({ text: true as const, wire: '' }),
      word.map((text) => ({ text, wire: text })),
      quoted,
    );
    const extension = fc.record({ name: word, params: fc.array(fc.tuple(word, value), { maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(extension, { maxLength: 5 }), fc.constantFrom(',', ', ', '\t , '), (extensions, comma) => {
        const wire = extensions
          .map(({ name, params }) =>
            [name, ...params.map(([key, v]) => (v.wire ? `${key}=${v.wire}` : key))].join('; '),
          )
          .join(comma);
        const expected = extensions.map(({ name, params }) => ({
          name,
          params: params.map(([key, v]) => [key, v.text]),
        }));
        expect(parseExtensions([wire])).toEqual({ ok: true, extensions: expected });
      }),
    );
  });
});

describe('hostile input', () => {
  it.each([
    ['an unclosed quote', `a; b="${'x'.repeat(kib64)}`],
    ['escapes in an unclosed quote', `a; b="${'\\"'.repeat(kib64 / 2)}`],
    ['quotes', '"'.repeat(kib64)],
    ['closed quotes', 'a; b="" '.repeat(kib64 / 8)],
    ['spaces', `a${' '.repeat(kib64)}b`],
    ['commas', ','.repeat(kib64)],
    ['semicolons', ';'.repeat(kib64)],
    ['equals signs', `a;${'='.repeat(kib64)}`],
    ['10,000 offers', Array.from({ length: 10_000 }, () => 'permessage-deflate').join(', ')],
    ['one long token', 'x'.repeat(kib64)],
  ])('reads 64 KiB of %s in less than 5 ms', (_, line) => {
    expect(quickest(() => parseExtensions([line]))).toBeLessThan(5);
    expect(quickest(() => parseTokenList([line]))).toBeLessThan(5);
    expect(quickest(() => listIncludes([line], 'websocket'))).toBeLessThan(5);
    expect(quickest(() => trimWhitespace(line))).toBeLessThan(5);
  });

  it('never throws, whatever the lines hold', () => {
    const delimiters = fc.string({
      unit: fc.constantFrom('a', 'b', '"', '\\', ',', ';', '=', ' ', '\t', '\r', '\0', 'é'),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(delimiters, anyText), { maxLength: 4 }), (lines) => {
        const parsed = parseExtensions(lines);
        if (parsed.ok) {
          for (const { name, params } of parsed.extensions) {
            expect(isToken(name) && params.every(([key, v]) => isToken(key) && (v === true || isToken(v)))).toBe(true);
          }
        }
        const list = parseTokenList(lines);
        expect(!list.ok || list.tokens.every(isToken)).toBe(true);
        listIncludes(lines, 'a');
      }),
    );
  });
});
