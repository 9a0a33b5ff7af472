import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The repository's top folder. */
export const root: string = resolve(import.meta.dirname, '../..');

/** A Markdown file; `path` is relative to the top, with forward slashes. */
export interface Document {
  readonly path: string;
  readonly text: string;
}

/** A fenced block. */
export interface Block {
  /** What stands behind the opening fence: `ts`, `ts server`, `text`. */
  readonly info: string;
  readonly code: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

/** A link or an image, with where it leads. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** The documents that match one of the patterns, in the order of their paths. */
export function documents(patterns: readonly string[]): Document[] {
  return globSync(patterns, { cwd: root, exclude: ['**/node_modules', '**/dist', 'artifacts'] })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(resolve(root, path), 'utf8') }));
}

/** The documents whose samples are run. */
export const manuals = (): Document[] => documents(['README.md', 'docs/*.md', 'packages/*/README.md']);

/** The fenced blocks of a document, in order. */
export function blocksOf({ text }: Document): Block[] {
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(({ 1: info = '', 2: code = '', index }) => ({
    info: info.trim(),
    code,
    line: lineAt(text, index),
  }));
}

/** The names under which a document's headings can be linked to, as hosting sites make them. */
export function anchorsOf(document: Document): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(document).matchAll(/^#{1,6} +(.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Every link and image outside of code. */
export function linksOf(document: Document): Link[] {
  const text = prose(document).replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
  return [...text.matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(({ 1: target = '', index }) => ({
    target,
    line: lineAt(text, index),
  }));
}

/** The text with its fenced blocks blanked out, line by line. */
function prose({ text }: Document): string {
  return text.replace(/^```[^\n]*\n[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ''));
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
