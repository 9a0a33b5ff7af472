import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceCases, sectionOf, sections, selectCases } from '../../compliance/catalogue.ts';
import { corpus, corpusNames, corpusSlice } from '../../compliance/corpora/corpus.ts';
import { octetsOf } from '../../compliance/payload.ts';

const ids = (selection: string): string[] => selectCases(selection).map(({ id }) => id);

describe('catalogue of cases', () => {
  it.each([
    [1, 16],
    [2, 11],
    [3, 7],
    [4, 10],
    [5, 20],
    [6, 145],
    [7, 37],
    [9, 54],
    [10, 1],
    [12, 90],
    [13, 126],
  ])('has in section %i the %i cases of the reference suite', (section, count) => {
    expect(referenceCases.filter(({ id }) => sectionOf(id) === section)).toHaveLength(count);
  });

  it('has 517 of them in all, each with an id of its own', () => {
    expect(new Set(referenceCases.map(({ id }) => id)).size).toBe(517);
    expect(sections.flatMap(({ cases }) => cases).length).toBe(517 + selectCases('0').length);
  });

  it('numbers subsections without a gap', () => {
    const subsections = Map.groupBy(referenceCases, ({ id }) => id.slice(0, id.lastIndexOf('.')));
    for (const [prefix, cases] of subsections) {
      expect(cases.map(({ id }) => id)).toEqual(cases.map((_, at) => `${prefix}.${at + 1}`));
    }
  });

  it('expects of a text just what its octets allow (RFC 6455 §8.1)', () => {
    const sequences = selectCases('6.5-6.23');
    expect(sequences).toHaveLength(132);
    for (const { id, steps, closing } of sequences) {
      const [step] = steps;
      const payload = step?.type === 'frames' ? step.frames[0]?.payload : undefined;
      expect([id, payload && isUtf8(octetsOf(payload))]).toEqual([id, closing.by === 'us']);
    }
  });

  it('selects sections, subsections, cases and ranges', () => {
    expect(ids('10')).toEqual(['10.1.1']);
    expect(ids('6.4,2.1')).toEqual(['2.1', '6.4.1', '6.4.2', '6.4.3', '6.4.4']);
    expect(ids('5.9-5.11')).toEqual(['5.9', '5.10', '5.11']);
    expect(ids('9.3.8-9.4.1')).toEqual(['9.3.8', '9.3.9', '9.4.1']);
    expect(ids('1-7,10')).toHaveLength(247);
  });

  it.each(['', '8', '1.3', '6.4.5', 'all'])('refuses the selection %j, which is of nothing', (selection) => {
    expect(() => selectCases(selection)).toThrow(RangeError);
  });
});

describe('corpora', () => {
  it.each(corpusNames)('%s: at least 1 MiB, the same in every run', (name) => {
    expect(corpus(name).length).toBeGreaterThanOrEqual(1024 * 1024);
    expect(Buffer.from(corpus(name).subarray(0, 48)).toString('base64')).toMatchSnapshot();
  });

  it('are text in every piece where they are sent as text', () => {
    for (const name of ['json', 'html'] as const) expect(corpus(name).every((octet) => octet < 128)).toBe(true);
    expect(JSON.parse(Buffer.from(corpus('json')).toString())).toBeInstanceOf(Array);
    expect(isUtf8(corpus('prose'))).toBe(true);
  });

  it('give another piece at every turn', () => {
    const pieces = Array.from({ length: 1000 }, (_, turn) => Buffer.from(corpusSlice('prose', 64, turn)).toString());
    expect(new Set(pieces).size).toBe(1000);
    for (const turn of [0, 7, 999]) expect(corpusSlice('document', 131_072, turn)).toHaveLength(131_072);
  });
});

describe('suite', () => {
  const folder = join(import.meta.dirname, '../../compliance');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

  it('shares no code with what it tests, but for the client under test', () => {
    const importing = files.filter((path) =>
      /from '(?:genws|@genws\/[a-z]+)'/.test(readFileSync(join(folder, path), 'utf8')),
    );
    expect(importing).toEqual(['client.ts']);
  });
});
