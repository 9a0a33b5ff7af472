import { describe, expect, it } from 'vitest';
import { importCycles, layerViolations } from './import-graph.ts';
import { sourceFiles, workspacePackages } from './workspace.ts';

describe('imports', () => {
  const packages = workspacePackages();

  it('go downward only, and into another package only through its exports', () => {
    expect(layerViolations(sourceFiles(), packages)).toEqual([]);
  });

  it('form no cycle between files, not even one of types', () => {
    expect(importCycles(sourceFiles())).toEqual([]);
  });

  it.each([
    ['upward', 'packages/protocol/src/frame.ts', "import { session } from '@genws/session'"],
    ['upward in a type', 'packages/actor/src/call.ts', "type Session = import('genws').Session"],
    ['sideways', 'packages/actor/src/call.ts', "export * from '@genws/protocol'"],
    ['into a package past its exports', 'examples/echo.ts', "import { x } from '@genws/actor/src/call.ts'"],
    ['out of its package by a relative path', 'packages/genws/src/a.ts', "import '../../session/src/machine.ts'"],
    ['into a package by a relative path', 'test/e2e/echo.test.ts', "await import('../../packages/genws/src/index.ts')"],
    ['to its own package by name', 'packages/genws/src/listen.ts', "import { accept } from 'genws'"],
  ])('are refused when they go %s', (_, path, text) => {
    expect(layerViolations([{ path, text }], packages)).toHaveLength(1);
  });

  it('are followed through re-exports and types when a cycle is looked for', () => {
    const files = [
      { path: 'packages/actor/src/a.ts', text: "export { b } from './b.ts'" },
      { path: 'packages/actor/src/b.ts', text: "import type { C } from './c.ts'; export const b: C = 1" },
      { path: 'packages/actor/src/c.ts', text: "import './a.ts'; export type C = number" },
    ];
    expect(importCycles(files)).toEqual([
      'packages/actor/src/a.ts → packages/actor/src/b.ts → packages/actor/src/c.ts → packages/actor/src/a.ts',
    ]);
  });
});
