/** What rows are sorted by; `undefined` is last, whichever way it goes. */
export type SortKey = number | string | undefined;

/** Digits are put after how many there are, so that 9 comes before 10 when compared as text. */
export function naturalKey(text: string): string {
  return text.toLowerCase().replace(/\d+/g, (digits) => String.fromCharCode(48 + Math.min(digits.length, 60)) + digits);
}

/** A comparison in one direction: 1 upward, -1 downward. */
export function compareKeys(a: SortKey, b: SortKey, direction: 1 | -1): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -direction : direction;
}
