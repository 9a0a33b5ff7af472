import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksOf, type Document, documents, root } from './markdown.ts';

const manifest: { scripts: Record<string, string> } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));

/** What pnpm does itself, without a script of ours. */
const builtIn = ['add', 'exec', 'install'];

/** Commands in `sh` blocks that nobody could run. */
function deadCommands(document: Document): string[] {
  return blocksOf(document)
    .filter(({ info }) => info === 'sh')
    .flatMap(({ code, line }) =>
      code
        .split('\n')
        .map((command) => command.replace(/\s*#.*$/, '').replace(/^[A-Z_]+=\S+ /, ''))
        .filter((command) => command !== '' && !canRun(command))
        .map((command) => `${document.path}:${line}: ${command}`),
    );
}

function canRun(command: string): boolean {
  const script = /^(?:npx -y pnpm@12|pnpm) ([\w:-]+)/.exec(command)?.[1];
  if (script !== undefined) return builtIn.includes(script) || Object.hasOwn(manifest.scripts, script);
  const file = /^(?:node|bash) ([\w./-]+)/.exec(command)?.[1];
  if (file !== undefined) return existsSync(resolve(root, file));
  return /^npm install [\w@/ -]+$/.test(command);
}

describe('shell commands in the documents', () => {
  it('name scripts and files that exist', () => {
    const all = documents(['*.md', 'docs/*.md', 'packages/*/README.md', 'examples/*.md', 'compliance/*.md']);
    expect(all.flatMap(deadCommands)).toEqual([]);
  });

  it('would be found when they do not', () => {
    const text = '```sh\npnpm test\npnpm frobnicate # as usual\nnode gone.ts\n```\n';
    expect(deadCommands({ path: 'a.md', text })).toEqual(['a.md:1: pnpm frobnicate', 'a.md:1: node gone.ts']);
  });
});
