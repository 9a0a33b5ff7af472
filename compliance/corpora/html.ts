import { Random } from './random.ts';
import { Vocabulary } from './words.ts';

/** Pages of an imagined magazine, in ASCII: articles and tables with the same mark-up again and again. */
export function html(octets: number): string {
  const random = new Random(0x68_74_6d_6c);
  const words = new Vocabulary(random, 150, 'ascii');
  const parts = [
    '<!doctype html>\n<html lang="x-none">\n<head><meta charset="utf-8"><title>Magazine</title></head>\n<body>\n',
  ];
  for (let length = 0, id = 1; length < octets; id++) {
    const part = id % 4 === 0 ? table(random, words) : article(random, words, id);
    parts.push(part);
    length += part.length;
  }
  return parts.join('');
}

function article(random: Random, words: Vocabulary, id: number): string {
  const paragraphs = Array.from({ length: 2 + random.below(3) }, () => {
    const sentences = Array.from({ length: 2 + random.below(4) }, () => words.sentence(random));
    return `  <p class="article-text">${sentences.join(' ')}</p>\n`;
  });
  const link = `<a class="more" href="/articles/${id}.html">${words.pick(random)} &rarr;</a>`;
  return `<article id="article-${id}">\n  <h2>${words.sentence(random)}</h2>\n${paragraphs.join('')}  ${link}\n</article>\n`;
}

function table(random: Random, words: Vocabulary): string {
  const rows = Array.from(
    { length: 5 + random.below(10) },
    () => `  <tr><td>${words.pick(random)}</td><td class="number">${random.below(10_000)}</td></tr>\n`,
  );
  return `<table class="figures">\n${rows.join('')}</table>\n`;
}
