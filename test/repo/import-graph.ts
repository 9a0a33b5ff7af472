import { posix } from 'node:path';
import { Visitor } from 'rolldown/utils';
import { parseSource, type TextFile, type WorkspacePackage } from './workspace.ts';

/** Which packages (by folder) a package may import: those below it. Nobody imports upward. */
const below: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': [],
  'packages/actor': [],
  'packages/session': ['packages/protocol', 'packages/actor'],
  'packages/genws': ['packages/session', 'packages/protocol', 'packages/actor'],
  'packages/inspector': ['packages/genws', 'packages/session', 'packages/actor'],
};

/** The module specifiers a file names, in `import`, `export … from`, `import()` and `import('…')` types. */
function importsOf(file: TextFile): string[] {
  const { program, module } = parseSource(file);
  const specifiers = new Set<string>(module.staticImports.map((found) => found.moduleRequest.value));
  for (const entry of module.staticExports.flatMap((found) => found.entries)) {
    if (entry.moduleRequest) specifiers.add(entry.moduleRequest.value);
  }
  new Visitor({
    ImportExpression: ({ source }) => {
      if (source.type === 'Literal' && typeof source.value === 'string') specifiers.add(source.value);
    },
    TSImportType: ({ source }) => {
      specifiers.add(source.value);
    },
  }).visit(program);
  return [...specifiers];
}

/** The package folder a path lies in, or `undefined` outside of `packages/`. */
function folderOf(path: string): string | undefined {
  return /^packages\/[^/]+/.exec(path)?.[0];
}

function targetOf(file: TextFile, specifier: string): string {
  return posix.join(posix.dirname(file.path), specifier);
}

/** One sentence for each import that goes upward, round the exports of a package, or out of its own package. */
export function layerViolations(files: readonly TextFile[], packages: readonly WorkspacePackage[]): string[] {
  return files.flatMap((file) => {
    const home = folderOf(file.path);
    return importsOf(file).flatMap((specifier) => {
      if (specifier.startsWith('.')) {
        const target = targetOf(file, specifier);
        return folderOf(target) === home && !target.startsWith('..')
          ? []
          : [`${file.path}: '${specifier}' leaves its package; import the other package by name`];
      }
      const owner = packages.find(({ manifest: { name } }) => specifier === name || specifier.startsWith(`${name}/`));
      if (owner === undefined) return [];
      const subpath = `.${specifier.slice(owner.manifest.name.length)}`;
      const violations: string[] = [];
      if (!Object.hasOwn(owner.manifest.exports, subpath)) {
        violations.push(`${file.path}: '${specifier}' is not an export of ${owner.manifest.name}`);
      }
      if (home !== undefined && !below[home]?.includes(owner.folder)) {
        violations.push(`${file.path}: '${specifier}' is not below ${home}`);
      }
      return violations;
    });
  });
}

/** Every cycle between files, type imports included, as `a → b → a`. */
export function importCycles(files: readonly TextFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const cycles: string[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];

  const visit = (file: TextFile): void => {
    const seenAt = trail.indexOf(file.path);
    if (seenAt !== -1) {
      cycles.push([...trail.slice(seenAt), file.path].join(' → '));
      return;
    }
    if (finished.has(file.path)) return;
    trail.push(file.path);
    for (const specifier of importsOf(file).filter((name) => name.startsWith('.'))) {
      const target = byPath.get(targetOf(file, specifier));
      if (target) visit(target);
    }
    trail.pop();
    finished.add(file.path);
  };

  for (const file of files) visit(file);
  return cycles;
}

/** What a file imports from elsewhere than its own package, itself or through files of its package. */
export function importsBeyond(path: string, files: readonly TextFile[]): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const beyond = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: TextFile): void => {
    seen.add(file.path);
    for (const specifier of importsOf(file)) {
      const target = byPath.get(targetOf(file, specifier));
      if (!specifier.startsWith('.')) beyond.add(specifier);
      else if (target !== undefined && !seen.has(target.path)) visit(target);
    }
  };
  const first = byPath.get(path);
  if (first === undefined) throw new Error(`no such file: ${path}`);
  visit(first);
  return beyond;
}
