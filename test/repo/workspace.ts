import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ParseResult, parseSync } from 'rolldown/utils';

/** The repository's top folder. */
const root: string = resolve(import.meta.dirname, '../..');

/** A text of the repository; `path` is relative to the top and uses forward slashes. */
export type TextFile = { readonly path: string; readonly text: string };

/** What the checks read of a `package.json`. */
export type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly type: string;
  readonly sideEffects: boolean;
  readonly exports: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly engines: { readonly node: string };
  readonly publishConfig: { readonly access: string; readonly exports: Readonly<Record<string, string>> };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

/** A package of the workspace; `folder` is relative to the top, for example `packages/actor`. */
export type WorkspacePackage = { readonly folder: string; readonly manifest: Manifest };

/** Reads one text by its path from the top. */
export function readText(path: string): string {
  return readFileSync(resolve(root, path), 'utf8');
}

/** Every file that matches one of the patterns, without what is installed or built. */
export function findFiles(patterns: readonly string[]): TextFile[] {
  return globSync(patterns, { cwd: root, exclude: ['**/node_modules', '**/dist'] })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => ({ path, text: readText(path) }));
}

/** The TypeScript of the repository: packages, examples, tests, conformance. */
export function sourceFiles(): TextFile[] {
  return findFiles(['packages/**/*.ts', 'examples/**/*.ts', 'test/**/*.ts', 'compliance/**/*.ts', '*.ts']);
}

/** The packages, in the order of their folders' names. */
export function workspacePackages(): WorkspacePackage[] {
  return findFiles(['packages/*/package.json']).map(({ path, text }) => ({
    folder: dirname(path),
    manifest: JSON.parse(text),
  }));
}

/** Parses a TypeScript text; a syntax error in it is an error here. */
export function parseSource(file: TextFile): ParseResult {
  const parsed = parseSync(file.path, file.text, { lang: 'ts', sourceType: 'module' });
  const [first] = parsed.errors;
  if (first !== undefined) {
    throw new SyntaxError(`${file.path}: ${first.message}`);
  }
  return parsed;
}

/** `path:line` of an offset in a file. */
export function position(file: TextFile, offset: number): string {
  return `${file.path}:${file.text.slice(0, offset).split('\n').length}`;
}
