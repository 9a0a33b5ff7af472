import { describe, expect, it } from 'vitest';
import type { Plain } from '../../src/protocol.ts';
import { plainName, plainText } from './plain-text.ts';

const text = (value: string): Plain => ({ type: 'text', value });
const object = (name: string, entries: readonly (readonly [string, Plain])[], more = 0) =>
  ({ type: 'object', name, entries, more }) as const;

describe('a value on one line', () => {
  it('is written as in a program', () => {
    const value = object('Object', [
      ['name', text('Ada')],
      ['age', { type: 'number', value: '36' }],
      ['tags', object('Array', [['0', { type: 'word', value: 'true' }]])],
      ['seen', object('Map', [])],
      ['token', { type: 'hidden', value: 'redacted' }],
    ]);
    expect(plainText(value)).toBe('{ name: "Ada", age: 36, tags: [true], seen: Map {}, token: ‹redacted› }');
  });

  it('says how much is left out', () => {
    expect(plainText(object('Array', [['0', text('a')]], 41))).toBe('["a", … 41 more]');
    expect(plainName(object('Array', [['0', text('a')]], 41))).toBe('Array(42)');
  });

  it('is no longer than there is room, however much there is', () => {
    const value = object(
      'Array',
      Array.from({ length: 5000 }, (_, index) => [String(index), text('x'.repeat(50))] as const),
    );
    expect(plainText(value, 80)).toHaveLength(80);
  });

  it('shows what peers hide in names and texts', () => {
    expect(plainText(object('\u202EMap', [['\u0000', text('\u001b[2J')]]))).toBe('\\u202EMap { ␀: "␛[2J" }');
  });
});
