import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { defineConfig, type UserConfig } from 'tsdown';

/** What a package builds is what its manifest exports: source in the workspace, `dist` once packed. */
function entries(manifestPath: string): Record<string, string> {
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
  return Object.fromEntries(
    Object.entries<string>(manifest.publishConfig.exports).map(([subpath, built]) => [
      built.replace(/^\.\/dist\/|\.js$/g, ''),
      manifest.exports[subpath],
    ]),
  );
}

export default defineConfig(
  globSync('packages/*/package.json').map(
    (manifestPath): UserConfig => ({
      name: basename(dirname(manifestPath)),
      cwd: dirname(manifestPath),
      entry: entries(manifestPath),
      tsconfig: `${import.meta.dirname}/tsconfig.build.json`,
      platform: 'node',
      target: 'node22.18',
      fixedExtension: false,
      dts: true,
      // TypeScript 7 emits the declarations; tsdown warns on each run that this is new, so only errors are shown.
      logLevel: 'error',
    }),
  ),
);
