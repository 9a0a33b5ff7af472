import { describe, expect, it } from 'vitest';
import { filterWords, matches, sameWords, searchText, toggleWord } from './filter.ts';
import { sessionRow } from './session-row.fixture.ts';

const row = sessionRow('S-7', { peer: '10.0.0.7:4000', groups: ['Lobby', 'vip'], transport: 'tls', compressed: true });
const found = (filter: string) => matches(searchText(row), filterWords(filter));

describe('the filter of sessions', () => {
  it.each(['s-7', '10.0.0.7', '/chat', 'ECHO', 'lobby', 'open', 'tls', 'deflate', 'vip open', ''])(
    'finds a session by %j',
    (filter) => expect(found(filter)).toBe(true),
  );

  it('wants every word', () => {
    expect(found('lobby closing')).toBe(false);
  });

  it('looks again when a word of the session has changed, and not for numbers', () => {
    expect(sameWords(row, { ...row, messagesIn: 5, mailbox: 2 })).toBe(true);
    expect(sameWords(row, { ...row, groups: ['Lobby'] })).toBe(false);
    expect(sameWords(row, { ...row, state: 'closing' })).toBe(false);
  });

  it('takes a word on and off', () => {
    expect(toggleWord('lobby', 'open')).toBe('lobby open');
    expect(toggleWord('lobby open', 'open')).toBe('lobby');
  });
});
