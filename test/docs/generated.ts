import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import { root } from './markdown.ts';

/**
 * Hold a part of a document, between `<!-- name -->` and `<!-- /name -->`, against what the sources say. With
 * `UPDATE_DOCS=1` in the environment the part is rewritten instead.
 */
export function expectGenerated(path: string, name: string, content: string): void {
  const file = resolve(root, path);
  const text = readFileSync(file, 'utf8');
  const opening = `<!-- ${name} -->`;
  const start = text.indexOf(opening);
  const end = text.indexOf(`<!-- /${name} -->`);
  if (start === -1 || end < start) throw new Error(`${path} has no part ${opening}`);
  const written = text.slice(start + opening.length, end);
  const wanted = `\n\n${content}\n\n`;
  if (process.env.UPDATE_DOCS === '1')
    writeFileSync(file, text.slice(0, start + opening.length) + wanted + text.slice(end));
  else expect(written, `UPDATE_DOCS=1 rewrites ${path}`).toBe(wanted);
}

/** A Markdown table with its columns aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => width(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((wide, column) => (cells[column] ?? '') + ' '.repeat(wide - width(cells[column] ?? ''))).join(' | ')} |`;
  return [line(head), line(widths.map((wide) => '-'.repeat(wide))), ...rows.map(line)].join('\n');
}

const width = (cell: string): number => [...cell].length;

/** Code in a table cell. */
export const code = (text: string | number): string => `\`${text}\``;
