import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsBeyond } from './import-graph.ts';
import { readText, sourceFiles, workspacePackages } from './workspace.ts';

/** The only package that comes with ours at run time. */
const allowed = 'xstate';

describe.each(workspacePackages())('$manifest.name', ({ folder, manifest }) => {
  const ours = workspacePackages().map((other) => other.manifest.name);

  it('depends at run time on the other packages and xstate alone', () => {
    const dependencies = Object.keys(manifest.dependencies ?? {});
    expect(dependencies.filter((name) => name !== allowed && !ours.includes(name))).toEqual([]);
    expect(manifest.optionalDependencies).toBeUndefined();
  });

  it('has optional peers only, which its main export does not need', () => {
    const { exports, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
    const needed = importsBeyond(posix.join(folder, exports['.'] ?? ''), sourceFiles());
    for (const peer of Object.keys(peerDependencies)) {
      expect(peerDependenciesMeta[peer]).toEqual({ optional: true });
      expect(needed).not.toContain(peer);
    }
  });

  it('takes its siblings from the workspace and xstate from the catalog', () => {
    for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
      expect(range).toBe(name === allowed ? 'catalog:' : 'workspace:^');
    }
  });

  it('exports source in the workspace and the built file of the same name when packed', () => {
    const built = Object.entries(manifest.exports).map(([subpath, source]) => [
      subpath,
      source.replace(/^\.\/src\/(.+)\.ts$/, './dist/$1.js'),
    ]);
    expect(manifest.publishConfig.exports).toEqual(Object.fromEntries(built));
    for (const source of Object.values(manifest.exports)) {
      expect(readText(`${folder}/${source}`)).not.toBe('');
    }
  });

  it('agrees with its siblings on version, licence, engines and packing', () => {
    const [first] = workspacePackages();
    const shared = ({ version, license, type, sideEffects, files, engines, publishConfig }: typeof manifest) => ({
      ...{ version, license, type, sideEffects, files, engines, access: publishConfig.access },
    });
    expect(first).toBeDefined();
    expect(first && shared(manifest)).toEqual(first && shared(first.manifest));
  });

  it('says what it is', () => {
    expect(manifest.description.length).toBeGreaterThan(20);
    expect(manifest.keywords.length).toBeGreaterThan(2);
  });
});

/** Lines that hold an address from which packages would be fetched; a link for people to read is none. */
function addresses(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /:\/\/|\btarball:|\bresolved:|\bregistry\b/.test(line))
    .filter((line) => !/^\s*"?(?:homepage|url|bugs|funding|deprecated)"?:/.test(line));
}

describe('what is installed', () => {
  it.each([
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...workspacePackages().map(({ folder }) => `${folder}/package.json`),
  ])('comes from the registry of whoever installs: %s names no address', (path) => {
    expect(addresses(readText(path))).toEqual([]);
  });

  it('would be refused with an address in it', () => {
    const inLockfile = '    resolution: {integrity: sha512-x, tarball: https://packages.example/x.tgz}';
    const inManifest = '    "x": "git+ssh://packages.example/x.git"';
    expect(addresses(`packages:\n${inLockfile}\n`)).toEqual([inLockfile]);
    expect(addresses(`"dependencies": {\n${inManifest}\n}`)).toEqual([inManifest]);
  });
});
