import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Action, type PageMessage, views } from '../protocol.ts';
import { parsePageMessage } from './page-message.ts';

const actions: readonly Action[] = [
  { type: 'text', data: 'hello' },
  { type: 'ping' },
  { type: 'close', code: 1000, reason: '' },
  { type: 'suspend' },
  { type: 'resume' },
  { type: 'kill' },
];

const messages: readonly PageMessage[] = [
  { type: 'ready' },
  ...views.flatMap((view) => [true, false].map((on) => ({ type: 'watch', view, on }) as const)),
  { type: 'attach', session: 's:1' },
  { type: 'attach', session: undefined },
  ...actions.map((action, number) => ({ type: 'act', number, session: 's:1', action }) as const),
];

/** What is read of what is written, as its own kind of object. */
const read = (value: unknown): unknown => parsePageMessage(JSON.stringify(value));

describe('a message of the page', () => {
  it.each(messages)('is read as it was written: $type $view $session $action.type', (message) => {
    expect(read(message)).toEqual(message);
  });

  it('is read without what does not belong to it', () => {
    const strange = '{"type":"ready","more":1,"__proto__":{"polluted":true}}';
    expect(parsePageMessage(strange)).toStrictEqual({ type: 'ready' });
    expect(read({ type: 'act', number: 1, session: 's', action: { type: 'kill', data: 'x' } })).toStrictEqual({
      type: 'act',
      number: 1,
      session: 's',
      action: { type: 'kill' },
    });
  });
});

describe('what is no message of the page', () => {
  it.each([
    '',
    '{',
    'ready',
    '"ready"',
    'null',
    '[]',
    '[{"type":"ready"}]',
    '1e999',
    '\0',
    '[['.repeat(30_000),
    '{}',
    '{"type":null}',
    '{"type":["ready"]}',
    '{"type":"constructor"}',
    '{"type":"__proto__"}',
    '{"type":"hello"}',
  ])('is nothing: %.40j', (text) => {
    expect(parsePageMessage(text)).toBeUndefined();
  });

  it('is one with a part that is missing, or of another type, or unknown', () => {
    const wrongs: unknown[] = [
      { type: 'watch', view: 'sessions' },
      { type: 'watch', view: 'sessions', on: 1 },
      { type: 'watch', view: 'secrets', on: true },
      { type: 'watch', view: '__proto__', on: true },
      { type: 'watch', view: ['sessions'], on: true },
      { type: 'attach', session: 7 },
      { type: 'attach', session: null },
      { type: 'act', number: '1', session: 's', action: { type: 'kill' } },
      { type: 'act', number: 1, action: { type: 'kill' } },
      { type: 'act', number: 1, session: 's' },
      { type: 'act', number: 1, session: 's', action: null },
      { type: 'act', number: 1, session: 's', action: 'kill' },
      { type: 'act', number: 1, session: 's', action: { type: 'explode' } },
      { type: 'act', number: 1, session: 's', action: { type: 'text' } },
      { type: 'act', number: 1, session: 's', action: { type: 'text', data: 7 } },
      { type: 'act', number: 1, session: 's', action: { type: 'close', code: '1000', reason: '' } },
      { type: 'act', number: 1, session: 's', action: { type: 'close', code: 1000 } },
    ];
    expect(wrongs.filter((wrong) => read(wrong) !== undefined)).toEqual([]);
  });

  it('breaks nothing, whatever it is', () => {
    const word = fc.constantFrom('ready', 'watch', 'attach', 'act', 'text', 'close', 'kill', ...views);
    const nearly = fc.record(
      {
        type: fc.oneof(word, fc.jsonValue()),
        view: fc.oneof(word, fc.jsonValue()),
        on: fc.oneof(fc.boolean(), fc.jsonValue()),
        session: fc.oneof(fc.string(), fc.jsonValue()),
        number: fc.oneof(fc.integer(), fc.jsonValue()),
        action: fc.oneof(fc.record({ type: word, data: fc.jsonValue(), code: fc.jsonValue() }), fc.jsonValue()),
      },
      { requiredKeys: ['type'] },
    );
    const types = ['ready', 'watch', 'attach', 'act', undefined];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          nearly.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          expect(types).toContain(parsePageMessage(text)?.type);
        },
      ),
      { numRuns: 500 },
    );
  });
});
