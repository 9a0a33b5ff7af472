import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../protocol.ts';
import { showAll } from '../session.fixture.ts';
import { hideAll, type Place, plainOf } from './plain.ts';

const shown = (value: unknown): Plain => plainOf(value, 'state', showAll);

const forbidden = (): never => {
  throw new Error('code of the value has been run');
};

/** What a plain value says, all of it. */
const wordsOf = (plain: Plain): string => JSON.stringify(plain);

const list = (...values: readonly Plain[]): Plain => ({
  type: 'object',
  name: 'Array',
  entries: values.map((value, index) => [`${index}`, value]),
  more: 0,
});

describe('a value that may be seen', () => {
  it.each<[string, unknown, Plain]>([
    ['a text', 'hello', { type: 'text', value: 'hello' }],
    ['a number', 1.5, { type: 'number', value: '1.5' }],
    ['no number', Number.NaN, { type: 'number', value: 'NaN' }],
    ['a large number', 2n ** 70n, { type: 'number', value: '1180591620717411303424n' }],
    ['true', true, { type: 'word', value: 'true' }],
    ['nothing', undefined, { type: 'word', value: 'undefined' }],
    ['null', null, { type: 'word', value: 'null' }],
    ['a symbol', Symbol('one'), { type: 'word', value: 'Symbol(one)' }],
    ['a function', function run() {}, { type: 'word', value: 'function run' }],
    ['bytes', Uint8Array.of(0, 255), { type: 'word', value: '2 bytes 00ff' }],
    ['floats', new Float64Array(3), { type: 'word', value: 'Float64Array of 24 bytes' }],
    ['a date', new Date(0), { type: 'word', value: '1970-01-01T00:00:00.000Z' }],
    ['no date', new Date(Number.NaN), { type: 'word', value: 'no date' }],
    ['a list', [1, ['a']], list({ type: 'number', value: '1' }, list({ type: 'text', value: 'a' }))],
    ['a promise', Promise.resolve(1), { type: 'object', name: 'Promise', entries: [], more: 0 }],
    [
      'an object without a prototype',
      Object.assign(Object.create(null), { a: 1 }),
      { type: 'object', name: 'Object', entries: [['a', { type: 'number', value: '1' }]], more: 0 },
    ],
  ])('is shown as what it is: %s', (_, value, plain) => {
    expect(shown(value)).toEqual(plain);
  });

  it('is shown with its class, and its entries by their keys', () => {
    class Room {
      readonly members = new Map<unknown, unknown>([
        ['ann', new Set([1])],
        [{ deep: true }, 2],
      ]);
    }
    const number = (value: string): Plain => ({ type: 'number', value });
    expect(shown(new Room())).toEqual({
      type: 'object',
      name: 'Room',
      entries: [
        [
          'members',
          {
            type: 'object',
            name: 'Map',
            entries: [
              ['ann', { type: 'object', name: 'Set', entries: [['', number('1')]], more: 0 }],
              ['Object', number('2')],
            ],
            more: 0,
          },
        ],
      ],
      more: 0,
    });
  });

  it('is shown with its stack, if it is an error, of another realm too', () => {
    const error = new TypeError('too bad');
    expect(shown(error)).toEqual({ type: 'text', value: error.stack });
    expect(shown(new DOMException('time is up', 'TimeoutError'))).toMatchObject({
      type: 'text',
      value: expect.stringMatching(/^TimeoutError: time is up\n {4}at /),
    });
    expect(shown(runInNewContext('new RangeError("elsewhere")'))).toMatchObject({
      type: 'text',
      value: expect.stringContaining('RangeError: elsewhere'),
    });
  });

  it('may hold itself', () => {
    const loop: Record<string, unknown> = {};
    Object.assign(loop, { again: loop });
    const words = wordsOf(shown(loop));
    expect(words.match(/again/g)).toHaveLength(6);
    expect(words).toContain('{"type":"hidden","value":"Object"}');
  });
});

describe('a value whose code must not run', () => {
  const computed: Plain = { type: 'hidden', value: 'computed' };

  it('is shown without what its getters would make', () => {
    const value = Object.defineProperty({ seen: 1 }, 'secret', { get: forbidden, enumerable: true });
    expect(shown(value)).toEqual({
      type: 'object',
      name: 'Object',
      entries: [
        ['seen', { type: 'number', value: '1' }],
        ['secret', computed],
      ],
      more: 0,
    });
    const items = Object.defineProperty([1, 2], '1', { get: forbidden });
    expect(shown(items)).toEqual(list({ type: 'number', value: '1' }, computed));
  });

  it('keeps its name to itself where a getter would tell it', () => {
    class Nameless {}
    Object.defineProperty(Nameless, 'name', { get: forbidden });
    expect(shown(new Nameless())).toMatchObject({ name: 'Object' });
    expect(shown(Nameless)).toEqual({ type: 'word', value: 'function ' });
    const prototype = Object.defineProperty({}, 'constructor', { get: forbidden });
    expect(shown(Object.create(prototype))).toMatchObject({ name: 'Object' });
  });

  it('has neither its iterators nor its conversions called', () => {
    class OwnMap extends Map<unknown, unknown> {
      override get size(): number {
        return forbidden();
      }
      override [Symbol.iterator](): never {
        return forbidden();
      }
      override entries(): never {
        return forbidden();
      }
    }
    class OwnDate extends Date {
      override getTime(): number {
        return forbidden();
      }
      override toISOString(): string {
        return forbidden();
      }
    }
    const key = { toString: forbidden, [Symbol.toPrimitive]: forbidden };
    expect(shown(new OwnMap([[key, new OwnDate(0)]]))).toEqual({
      type: 'object',
      name: 'OwnMap',
      entries: [['Object', { type: 'word', value: '1970-01-01T00:00:00.000Z' }]],
      more: 0,
    });
  });

  it('is told by its name and message where the stack of an error is its own making', () => {
    const error = Object.defineProperty(new TypeError('too bad'), 'stack', { get: forbidden });
    expect(shown(error)).toEqual({ type: 'text', value: 'TypeError: too bad' });
    const silent = Object.defineProperty(error, 'message', { get: forbidden });
    expect(shown(silent)).toEqual({ type: 'text', value: 'TypeError' });
  });

  it('is not looked at when it is a proxy, wherever it stands', () => {
    const traps = new Proxy({}, { get: () => forbidden });
    const proxy: object = new Proxy({}, traps);
    const hidden: Plain = { type: 'hidden', value: 'Proxy' };
    expect(shown(proxy)).toEqual(hidden);
    expect(plainOf(proxy, 'state', hideAll)).toEqual(hidden);
    expect(shown([proxy])).toEqual(list(hidden));
    expect(shown(new Map([[proxy, 1]]))).toMatchObject({ entries: [['Proxy', { value: '1' }]] });
    expect(shown(Object.create(proxy))).toMatchObject({ name: 'Object' });
  });
});

describe('a value that is large', () => {
  it('is cut: texts, lists, and all of it together', () => {
    expect(shown('x'.repeat(5000))).toEqual({ type: 'text', value: `${'x'.repeat(2000)}…` });
    const long = shown(Array.from({ length: 1000 }, (_, index) => index));
    expect(long).toMatchObject({ more: 900 });
    expect(long.type === 'object' ? long.entries.length : 0).toBe(100);
    expect(wordsOf(shown(Array(100).fill('y'.repeat(2000)))).length).toBeLessThan(25_000);
    const bush = (depth: number): unknown => (depth === 0 ? 1 : Array.from({ length: 20 }, () => bush(depth - 1)));
    expect(wordsOf(shown(bush(5))).length).toBeLessThan(100_000);
  });

  it('takes no longer than a small one', () => {
    const list = Array(10_000_000).fill(7);
    const map = new Map(Array.from({ length: 500_000 }, (_, key) => [key, key]));
    const began = performance.now();
    expect(shown({ list, map, floats: new Float64Array(5_000_000) })).toMatchObject({
      entries: [
        ['list', { more: 9_999_900 }],
        ['map', { more: 499_900 }],
        ['floats', { value: 'Float64Array of 40000000 bytes' }],
      ],
    });
    expect(performance.now() - began).toBeLessThan(200);
  });

  it('is never too much for JSON, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }), (value) => {
        expect(wordsOf(shown(value)).length).toBeLessThan(200_000);
      }),
    );
  });
});

describe('by default a value', () => {
  it.each<[string, unknown, string]>([
    ['a text', 'secret', 'text of 6 characters'],
    ['bytes', Buffer.from('secret'), '6 bytes'],
    ['a list', ['secret', 2], 'list of 2'],
    ['an object', { secret: 'secret' }, 'Object'],
    ['a map', new Map([['secret', 'secret']]), 'Map'],
    ['an error', new RangeError('secret'), 'RangeError'],
    ['a number', 4711, 'number'],
    ['a large number', 4711n, 'bigint'],
    ['a word', true, 'boolean'],
    ['a symbol', Symbol('secret'), 'symbol'],
    ['a function', function secret() {}, 'function'],
  ])('shows of itself what kind it is and how large: %s', (_, value, text) => {
    expect(plainOf(value, 'payload', hideAll)).toEqual({ type: 'hidden', value: text });
  });

  it('shows as the reason of an end what kind of reason it is', () => {
    const exit = { type: 'remote', code: 4000, reason: 'secret' };
    expect(plainOf(exit, 'exit', hideAll)).toEqual({ type: 'hidden', value: 'remote' });
    expect(plainOf(exit, 'message', hideAll)).toEqual({ type: 'hidden', value: 'Object' });
    const strange = Object.defineProperty({}, 'type', { get: forbidden });
    expect(plainOf(strange, 'exit', hideAll)).toEqual({ type: 'hidden', value: 'Object' });
  });

  it('shows that it is not there', () => {
    expect(plainOf(undefined, 'state', hideAll)).toEqual({ type: 'word', value: 'undefined' });
    expect(plainOf(null, 'state', hideAll)).toEqual({ type: 'word', value: 'null' });
  });

  it('holds nothing that it was made of, whatever it is', () => {
    const secret = fc.string({ minLength: 1 }).map((text) => `secret ${text}`);
    const dictionary = fc.dictionary(secret, fc.oneof(secret, fc.array(secret)));
    fc.assert(
      fc.property(fc.oneof(secret, fc.array(secret), dictionary), (value) => {
        expect(wordsOf(plainOf(value, 'message', hideAll))).not.toContain('secret');
      }),
    );
  });
});

describe('a hook that decides what may be seen', () => {
  it('is given the value and its place, and what it returns is what is shown', () => {
    const asked: [unknown, Place][] = [];
    const plain = plainOf({ name: 'ann', password: 'secret' }, 'state', (value, place) => {
      asked.push([value, place]);
      return 'a user';
    });
    expect(plain).toEqual({ type: 'text', value: 'a user' });
    expect(asked).toEqual([[{ name: 'ann', password: 'secret' }, 'state']]);
  });

  it('hides all when it throws', () => {
    const plain = plainOf('secret', 'payload', (value) => {
      throw new Error(String(value));
    });
    expect(plain).toEqual({ type: 'hidden', value: 'could not be shown' });
  });
});
