import { describe, expect, it } from 'vitest';

const sources = import.meta.glob<string>(['./**/*.{ts,tsx,html,css}', '!./markup.test.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Lines of the page's sources that match, as `file: line`. */
function find(pattern: RegExp, files: Readonly<Record<string, string>> = sources): string[] {
  return Object.entries(files).flatMap(([path, text]) =>
    text
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
}

const markupFromText =
  /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|srcdoc|document\.write/;
const codeFromText = /\beval\(|new Function\(|javascript:/;
const inline = /<style\b|\sstyle="|\son\w+="|<script(?![^>]*\bsrc=)/;
const foreign = /(?:src|href|url\(|@import|from)\s*[=(]?\s*["'](?:https?:)?\/\//;

describe('the sources of the page', () => {
  it('are all looked at', () => {
    expect(Object.keys(sources)).toEqual(expect.arrayContaining(['./index.html', './main.tsx', './styles/page.css']));
    expect(Object.keys(sources).length).toBeGreaterThan(60);
  });

  it.each([
    ['make markup of text: what comes from peers is text', markupFromText],
    ['make code of text', codeFromText],
    ['hold inline scripts and styles: the policy of the page refuses them', inline],
    ['fetch anything from elsewhere: the page works offline', foreign],
  ])('never %s', (_, pattern) => {
    expect(find(pattern)).toEqual([]);
  });

  it.each([
    ['<p dangerouslySetInnerHTML={{ __html: text }} />', markupFromText],
    ['element.innerHTML = text;', markupFromText],
    ['new Function(text)', codeFromText],
    ['<script>alert(1)</script>', inline],
    ['<p style="color: red">', inline],
    ['<script src="https://cdn.example/x.js"></script>', foreign],
    ["@import '//cdn.example/x.css';", foreign],
  ])('would be refused with %s', (line, pattern) => {
    expect(find(pattern, { 'a.tsx': line })).toHaveLength(1);
  });
});
