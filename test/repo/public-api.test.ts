import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PublicApi } from './public-api.ts';
import { sourceFiles, workspacePackages } from './workspace.ts';

const packages = workspacePackages();
const entries = packages.flatMap(({ folder, manifest }) =>
  Object.entries(manifest.exports).map(([subpath, source]) => ({
    specifier: posix.join(manifest.name, subpath),
    path: posix.join(folder, source),
  })),
);

describe('the public API', () => {
  const api = new PublicApi(sourceFiles(), packages);

  it.each(entries)('explains every export of $specifier in a docstring', ({ path }) => {
    const undocumented = api.namesOf(path).filter((found) => !found.documented);
    expect(undocumented.map(({ name, declaredIn }) => `${name} (${declaredIn})`)).toEqual([]);
  });

  it('changes only together with public-api.txt (update it with `pnpm test -u`)', async () => {
    const sections = entries.map(({ specifier, path }) =>
      [`${specifier}`, ...api.namesOf(path).map(({ kind, name }) => `  ${kind} ${name}`)].join('\n'),
    );
    await expect(`${sections.join('\n\n')}\n`).toMatchFileSnapshot('public-api.txt');
  });
});

describe('the reader of the public API', () => {
  const declarations = `
    /** Explained. */
    export function listen(): void;
    export function listen(port?: number): void {}
    export const plain = 1;
    /** */
    export type Empty = number;
    /** Above something else. */
    const local = 2;
    export { local as renamed };
    // Not a docstring.
    export interface Options { /** inside */ port: number }
    export default class {}`;
  const api = new PublicApi(
    [
      { path: 'packages/genws/src/listen.ts', text: declarations },
      {
        path: 'packages/genws/src/index.ts',
        text: `
          import { Options } from './listen.ts';
          export { Options as ListenOptions };
          export * from './listen.ts';
          export { default as Server, type Empty as Nothing } from './listen.ts';
          export type { Actor } from 'xstate';
          export * as all from './listen.ts';`,
      },
    ],
    packages,
  );

  it('follows re-exports to declarations and tells which have no docstring', () => {
    const found = api.namesOf('packages/genws/src/index.ts');
    expect(found.map(({ kind, name, documented }) => `${documented ? '+' : '-'} ${kind} ${name}`)).toEqual([
      '+ external Actor',
      '- type Empty',
      '- interface ListenOptions',
      '- type Nothing',
      '- interface Options',
      '- class Server',
      '+ namespace all',
      '+ function listen',
      '- const plain',
      '+ const renamed',
    ]);
  });

  it('fails on an export that nothing declares', () => {
    const broken = new PublicApi(
      [
        { path: 'packages/genws/src/index.ts', text: "export { gone } from './listen.ts'" },
        { path: 'packages/genws/src/listen.ts', text: 'export {}' },
      ],
      packages,
    );
    expect(() => broken.namesOf('packages/genws/src/index.ts')).toThrow("exports no 'gone'");
  });
});
