import type { IncomingHttpHeaders } from 'node:http';
import type { IncomingHttpHeaders as IncomingHttp2Headers } from 'node:http2';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type HeaderInput, HeaderMap, headerPairs } from './header-map.ts';

const shapes: [string, HeaderInput][] = [
  ['an object', { Host: 'a', cookie: undefined, 'X-Many': ['1', '2'], ':status': 200 }],
  [
    'pairs',
    [
      ['Host', 'a'],
      ['X-Many', '1'],
      [':status', '200'],
      ['x-many', '2'],
    ],
  ],
  ['a flat list', ['Host', 'a', 'X-Many', '1', ':status', '200', 'x-many', '2', 'left-over']],
  ['a HeaderMap', new HeaderMap({ host: 'a', 'x-many': ['1', '2'], ':status': '200' })],
];

describe('HeaderMap', () => {
  it.each(shapes)('reads %s', (_, input) => {
    const headers = new HeaderMap(input);
    expect(headers.all('HOST')).toEqual(['a']);
    expect(headers.all('x-many')).toEqual(['1', '2']);
    expect(headers.joined('X-MANY')).toBe('1, 2');
    expect(headers.joined(':status')).toBe('200');
    expect([...headers.pairs()].map(([name]) => name)).toEqual(expect.arrayContaining(['host', 'x-many', ':status']));
    expect([...headers.pairs()]).toHaveLength(4);
  });

  it('tells an empty header from an absent one', () => {
    const headers = new HeaderMap(['Origin', '']);
    expect([headers.has('origin'), headers.all('origin'), headers.joined('origin')]).toEqual([true, [''], '']);
    expect([headers.has('host'), headers.all('host'), headers.joined('host')]).toEqual([false, [], undefined]);
    expect([...new HeaderMap().pairs()]).toEqual([]);
    expect(new HeaderMap({ cookie: undefined }).has('cookie')).toBe(false);
    expect(new HeaderMap({ cookie: [] }).has('cookie')).toBe(false);
  });

  it('removes the blanks around values (RFC 9110 §5.5)', () => {
    expect(new HeaderMap([['a', ' \tb c\t ']]).all('a')).toEqual(['b c']);
  });

  it('joins the lines of a cookie as its crumbs, and those of no other header (RFC 9113 §8.2.3)', () => {
    const headers = new HeaderMap(['Cookie', 'a=1', 'Set-Cookie', 'd=4', 'cookie', ' b=2; c=3 ', 'set-cookie', 'e=5']);
    expect(headers.joined('COOKIE')).toBe('a=1; b=2; c=3');
    expect(headers.all('cookie')).toEqual(['a=1', 'b=2; c=3']);
    expect(headers.joined('set-cookie')).toBe('d=4, e=5');
  });

  it('has the same cookie however a client has cut it into crumbs (RFC 9113 §8.2.3)', () => {
    const crumbs = fc.array(fc.stringMatching(/^[a-z]+=[A-Za-z0-9,]*$/), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(crumbs, { minLength: 1 }), (lines) => {
        const headers = new HeaderMap(lines.map((line) => ['cookie', line.join('; ')] as const));
        expect(headers.joined('cookie')).toBe(lines.flat().join('; '));
      }),
    );
  });

  it('holds names such as __proto__ and constructor as plain data', () => {
    const headers = new HeaderMap(['__proto__', 'x']);
    expect(headers.all('__proto__')).toEqual(['x']);
    expect(headers.has('constructor')).toBe(false);
    expect(headers.joined('toString')).toBeUndefined();
    const parsed: Record<string, string> = JSON.parse('{"__proto__":"x","constructor":"y"}');
    expect(new HeaderMap(parsed).joined('__proto__')).toBe('x');
  });

  it('keeps every line of any list', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
        expect([...new HeaderMap(pairs).pairs()]).toHaveLength(pairs.length);
        expect([...new HeaderMap(pairs.flat()).pairs()]).toEqual([...new HeaderMap(pairs).pairs()]);
      }),
    );
  });

  it('takes the headers of node:http and node:http2 as they are', () => {
    expectTypeOf<IncomingHttpHeaders>().toExtend<HeaderInput>();
    expectTypeOf<NodeJS.Dict<string[]>>().toExtend<HeaderInput>();
    expectTypeOf<IncomingHttp2Headers>().toExtend<HeaderInput>();
  });
});

describe('headerPairs', () => {
  it('leaves the spelling of names as it came', () => {
    expect([...headerPairs(['X-A', ' 1'])]).toEqual([['X-A', ' 1']]);
  });
});
