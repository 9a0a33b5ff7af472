import type { Case } from './case.ts';
import { section0 } from './cases/section-0.ts';
import { section1 } from './cases/section-1.ts';
import { section2 } from './cases/section-2.ts';
import { section3 } from './cases/section-3.ts';
import { section4 } from './cases/section-4.ts';
import { section5 } from './cases/section-5.ts';
import { section6 } from './cases/section-6.ts';
import { section7 } from './cases/section-7.ts';
import { section9 } from './cases/section-9.ts';
import { section10 } from './cases/section-10.ts';
import { section12 } from './cases/section-12.ts';
import { section13 } from './cases/section-13.ts';

/**
 * The sections by number, with what they are about. The reference suite has no 8 and 11 either; 0 is what it does not
 * ask.
 */
export const sections: readonly { readonly number: number; readonly title: string; readonly cases: readonly Case[] }[] =
  [
    { number: 1, title: 'Framing', cases: section1 },
    { number: 2, title: 'Pings and pongs', cases: section2 },
    { number: 3, title: 'Reserved bits', cases: section3 },
    { number: 4, title: 'Reserved opcodes', cases: section4 },
    { number: 5, title: 'Fragmentation', cases: section5 },
    { number: 6, title: 'UTF-8', cases: section6 },
    { number: 7, title: 'Closing', cases: section7 },
    { number: 9, title: 'Limits and performance', cases: section9 },
    { number: 10, title: 'Automatic fragmentation', cases: section10 },
    { number: 12, title: 'Compression, all kinds of content', cases: section12 },
    { number: 13, title: 'Compression, all kinds of parameters', cases: section13 },
    { number: 0, title: 'Beyond the reference suite', cases: section0 },
  ];

const everyCase: readonly Case[] = sections.flatMap(({ cases }) => cases);

/** The cases of the reference suite. */
export const referenceCases: readonly Case[] = everyCase.filter(({ id }) => sectionOf(id) > 0);

/** The sections that take seconds. */
export const quickCases = '1-7,10';

/** The section that a case belongs to. */
export function sectionOf(id: string): number {
  return Number.parseInt(id, 10);
}

/**
 * The cases of a selection such as `1-7,10,12.1,9.3.1-9.3.4`: sections, subsections, single cases, and ranges of them.
 * Throws `RangeError` for a part of it that selects nothing.
 */
export function selectCases(selection: string): readonly Case[] {
  const parts = selection.split(',').map((part) => part.trim());
  for (const part of parts) {
    if (!/^[\d.]+(?:-[\d.]+)?$/.test(part) || !everyCase.some(({ id }) => isSelected(id, part)))
      throw new RangeError(`there are no cases ${part}`);
  }
  return everyCase.filter(({ id }) => parts.some((part) => isSelected(id, part)));
}

function isSelected(id: string, part: string): boolean {
  const [first = '', last = first] = part.split('-');
  return compare(id, first) >= 0 && compare(id, last) <= 0;
}

/** Which comes first, as far as both go: `6.4.1` and `6` are the same. */
function compare(id: string, bound: string): number {
  const numbers = id.split('.').map(Number);
  const bounds = bound.split('.').map(Number);
  const at = bounds.findIndex((number, at) => number !== numbers[at]);
  return at === -1 ? 0 : (numbers[at] ?? 0) - (bounds[at] ?? 0);
}
