import { posix } from 'node:path';
import type { ParseResult } from 'rolldown/utils';
import { parseSource, type TextFile, type WorkspacePackage } from './workspace.ts';

/** One name a package offers: what kind of thing it is, where it is declared, and whether it is explained there. */
export type PublicName = {
  readonly name: string;
  readonly kind: 'class' | 'const' | 'function' | 'interface' | 'type' | 'namespace' | 'external';
  readonly declaredIn: string;
  readonly documented: boolean;
};

type Found = Omit<PublicName, 'name'>;
type Module = { readonly file: TextFile; readonly parsed: ParseResult };
type Statement = ParseResult['program']['body'][number];
type Declaration = { readonly kind: PublicName['kind']; readonly names: readonly string[] };

const external: Found = { kind: 'external', declaredIn: '', documented: true };

/** What a statement declares, whether it is exported on the spot or not. */
function declarationOf(statement: Statement): Declaration | undefined {
  const node =
    statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
      ? statement.declaration
      : statement;
  switch (node?.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
      return { kind: 'function', names: node.id ? [node.id.name] : [] };
    case 'ClassDeclaration':
      return { kind: 'class', names: node.id ? [node.id.name] : [] };
    case 'TSInterfaceDeclaration':
      return { kind: 'interface', names: [node.id.name] };
    case 'TSTypeAliasDeclaration':
      return { kind: 'type', names: [node.id.name] };
    case 'VariableDeclaration':
      return {
        kind: 'const',
        names: node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : [])),
      };
    default:
      return undefined;
  }
}

/** Resolves the exports of the packages' entry files to their declarations. */
export class PublicApi {
  readonly #modules = new Map<string, Module>();
  readonly #packages: readonly WorkspacePackage[];
  readonly #files: ReadonlyMap<string, TextFile>;

  constructor(files: readonly TextFile[], packages: readonly WorkspacePackage[]) {
    this.#files = new Map(files.map((file) => [file.path, file]));
    this.#packages = packages;
  }

  /** Everything the file at `path` exports, sorted by name. */
  namesOf(path: string): PublicName[] {
    const { parsed } = this.#module(path);
    const names = new Map<string, PublicName>();
    for (const entry of parsed.module.staticExports.flatMap((found) => found.entries)) {
      const exported = entry.exportName.name ?? (entry.exportName.kind === 'Default' ? 'default' : undefined);
      if (exported !== undefined) {
        names.set(exported, { name: exported, ...this.#resolve(path, exported) });
        continue;
      }
      const target = entry.moduleRequest && this.#target(path, entry.moduleRequest.value);
      for (const found of target ? this.namesOf(target) : []) {
        if (found.name !== 'default' && !names.has(found.name)) names.set(found.name, found);
      }
    }
    return [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Follows an exported name to the statement that declares it. */
  #resolve(path: string, name: string): Found {
    const module = this.#module(path);
    for (const entry of module.parsed.module.staticExports.flatMap((found) => found.entries)) {
      if ((entry.exportName.name ?? 'default') !== name || entry.exportName.kind === 'None') continue;
      if (entry.moduleRequest) {
        const target = this.#target(path, entry.moduleRequest.value);
        if (target === undefined) return external;
        if (entry.importName.kind === 'All') return { kind: 'namespace', declaredIn: target, documented: true };
        return this.#resolve(target, entry.importName.name ?? name);
      }
      return this.#resolveLocal(module, entry.localName.name ?? name);
    }
    for (const { name: starred, ...found } of this.#starNames(path)) {
      if (starred === name) return found;
    }
    throw new Error(`${path} exports no '${name}'`);
  }

  /** A name of the module's own scope: declared there, or imported and passed on. */
  #resolveLocal({ file, parsed }: Module, name: string): Found {
    for (const found of parsed.module.staticImports) {
      const imported = found.entries.find((entry) => entry.localName.value === name);
      if (imported === undefined) continue;
      const target = this.#target(file.path, found.moduleRequest.value);
      if (target === undefined) return external;
      if (imported.importName.kind === 'NamespaceObject') {
        return { kind: 'namespace', declaredIn: target, documented: true };
      }
      return this.#resolve(target, imported.importName.name ?? 'default');
    }
    const statements = parsed.program.body.filter((statement) => {
      const declared = declarationOf(statement);
      return declared?.names.includes(name) || (name === 'default' && statement.type === 'ExportDefaultDeclaration');
    });
    const [first] = statements;
    if (first === undefined) throw new Error(`${file.path} declares no '${name}'`);
    return {
      kind: declarationOf(first)?.kind ?? 'const',
      declaredIn: file.path,
      // One docstring above any of the overloads, or above the value of a name that is both value and type.
      documented: statements.some((statement) => hasDocstring(file, parsed, statement.start)),
    };
  }

  *#starNames(path: string): Generator<PublicName> {
    for (const entry of this.#module(path).parsed.module.staticExports.flatMap((found) => found.entries)) {
      const target =
        entry.moduleRequest && entry.exportName.kind === 'None' && this.#target(path, entry.moduleRequest.value);
      if (target) yield* this.namesOf(target);
    }
  }

  /** The file a specifier names, or `undefined` when it belongs to none of our packages. */
  #target(path: string, specifier: string): string | undefined {
    if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier);
    for (const { folder, manifest } of this.#packages) {
      if (specifier !== manifest.name && !specifier.startsWith(`${manifest.name}/`)) continue;
      const source = manifest.exports[`.${specifier.slice(manifest.name.length)}`];
      return source === undefined ? undefined : posix.join(folder, source);
    }
    return undefined;
  }

  #module(path: string): Module {
    let module = this.#modules.get(path);
    if (module === undefined) {
      const file = this.#files.get(path);
      if (file === undefined) throw new Error(`no such file: ${path}`);
      module = { file, parsed: parseSource(file) };
      this.#modules.set(path, module);
    }
    return module;
  }
}

/** Whether a docstring with words in it ends right above `start`. */
function hasDocstring(file: TextFile, parsed: ParseResult, start: number): boolean {
  return parsed.comments.some(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      /\w/.test(value) &&
      /^\s*$/.test(file.text.slice(end, start)) &&
      end <= start,
  );
}
