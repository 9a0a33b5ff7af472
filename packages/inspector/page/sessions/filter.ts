import type { SessionRow } from '../../src/protocol.ts';

/** What a filter looks at: all that is said of a session in words, in small letters. */
export function searchText(row: SessionRow): string {
  return [
    row.id,
    row.peer,
    row.path,
    row.handler,
    row.state,
    row.suspended ? 'suspended' : undefined,
    row.transport,
    row.subprotocol,
    row.compressed ? 'deflate' : undefined,
    row.server,
    ...row.groups,
  ]
    .filter((text) => text !== undefined)
    .join('\n')
    .toLowerCase();
}

/** Whether two rows say the same in words. */
export function sameWords(a: SessionRow, b: SessionRow): boolean {
  return (
    a.state === b.state &&
    a.suspended === b.suspended &&
    a.peer === b.peer &&
    a.path === b.path &&
    a.handler === b.handler &&
    a.transport === b.transport &&
    a.subprotocol === b.subprotocol &&
    a.compressed === b.compressed &&
    a.server === b.server &&
    a.groups.length === b.groups.length &&
    a.groups.every((group, index) => group === b.groups[index])
  );
}

/** The words of a filter: every one of them has to be found. */
export function filterWords(filter: string): readonly string[] {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

export function matches(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

/** The filter with a word more, or without it if it was there. */
export function toggleWord(filter: string, word: string): string {
  const words = filter.split(/\s+/).filter((other) => other !== '');
  return (words.includes(word) ? words.filter((other) => other !== word) : [...words, word]).join(' ');
}
