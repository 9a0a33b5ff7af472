import { describe, expect, it } from 'vitest';
import { forbiddenIn, maxLines } from './forbidden.ts';
import { findFiles, sourceFiles } from './workspace.ts';

describe('the sources', () => {
  it('use no escape from the checks, hide no test, put nothing off, and stay short', () => {
    const prose = findFiles(['*.md', 'docs/**/*.md', 'packages/**/*.md', 'examples/**/*.{md,html}']);
    expect(forbiddenIn([...sourceFiles(), ...prose])).toEqual([]);
  });

  it.each([
    ['any as a cast', 'const a = 1 as any'],
    ['any as a type', 'function a(b: any) {}'],
    ['any inside a type', 'type A = Map<string, any>'],
    ['a cast through unknown', 'const a = 1 as unknown as string'],
    ['a non-null assertion', 'const a = [1][0]!'],
    ['a switched-off compiler', `// @ts-${'ignore'}\nconst a = 1`],
    ['a switched-off linter', `/* biome-${'ignore'} lint: no */\nconst a = 1`],
    ['work put off', `// TO${'DO'}: later`],
    ['the only test', "describe.only('a', () => {})"],
    ['a skipped test', "it.skip('a', () => {})"],
    ['a test without a body', "it.todo('a')"],
    ['a long file', 'export {}\n'.repeat(maxLines + 1)],
  ])('would be refused for %s', (_, text) => {
    expect(forbiddenIn([{ path: 'packages/actor/src/a.ts', text }])).toHaveLength(1);
  });

  it('may speak of all that in strings and in prose', () => {
    const text = "// as any reader knows, it.only works\nexport const a = 'as any it.skip(';\n";
    expect(forbiddenIn([{ path: 'packages/actor/src/a.ts', text }])).toEqual([]);
  });

  it('are held to the same rules in the samples of the documentation', () => {
    const text = 'Text.\n\n```ts\nconst a: any = 1;\n```\n';
    expect(forbiddenIn([{ path: 'docs/a.md', text }])).toEqual(['docs/a.md:3: the type any']);
  });
});
