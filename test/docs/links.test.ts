import { existsSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, type Document, documents, linksOf, root } from './markdown.ts';

const all = documents(['*.md', '{docs,packages,examples,compliance,test}/**/*.md']);

/** Every relative link that leads nowhere, as `file:line: target`. */
function deadLinks(texts: readonly Document[]): string[] {
  const anchors = new Map(texts.map((document) => [document.path, anchorsOf(document)]));
  return texts.flatMap((document) =>
    linksOf(document)
      .filter(({ target }) => !/^[a-z][a-z0-9+.-]*:/i.test(target))
      .filter(({ target }) => {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? document.path : posix.join(posix.dirname(document.path), path);
        if (!anchors.has(file) && !existsSync(resolve(root, file))) return true;
        return anchor !== undefined && anchors.get(file)?.has(anchor) !== true;
      })
      .map(({ target, line }) => `${document.path}:${line}: ${target}`),
  );
}

describe('links between the documents', () => {
  it('lead to files and headings that exist', () => {
    expect(deadLinks(all)).toEqual([]);
  });

  it('would be found when they do not', () => {
    const text = '# One\n\n[a](gone.md) [b](#two) [c](#one) [d](two.md#two) [e](https://example.org/x) `[f](g.md)`\n';
    const other = '# One and only\n';
    const found = deadLinks([
      { path: 'docs/one.md', text },
      { path: 'docs/two.md', text: other },
    ]);
    expect(found).toEqual(['docs/one.md:3: gone.md', 'docs/one.md:3: #two', 'docs/one.md:3: two.md#two']);
  });
});
