import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    typecheck: {
      enabled: true,
      include: ['packages/**/*.test-d.ts', 'test/**/*.test-d.ts'],
      // `pnpm check` compiles everything; here only the type tests count.
      ignoreSourceErrors: true,
      // Compiling the whole workspace takes longer than a default start on a busy machine.
      spawnTimeout: 60_000,
    },
    // Examples and tests serve the inspector's page.
    globalSetup: ['packages/inspector/build-page.ts'],
    reporters: ['default', './test/repo/closing-line.ts'],
    silent: 'passed-only',
    // A process per file: sockets, timers and heap of one file cannot disturb another.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    // A second, the default, is no more than what a page waits for the news of a tree; on a busy machine it is less.
    expect: { poll: { timeout: 10_000 } },
  },
});
