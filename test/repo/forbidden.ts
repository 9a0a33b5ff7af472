import { type ParseResult, parseSync, Visitor } from 'rolldown/utils';
import { parseSource, position, type TextFile } from './workspace.ts';

/** The longest a TypeScript file may grow, in lines. */
export const maxLines = 400;

/** Words in a comment that switch a check off, or put work off. */
const words = /@ts-(?:ignore|nocheck)|biome-ignore|\b(?:TODO|FIXME|XXX)\b/;

/** Functions whose `.only` and `.skip` would hide other tests, or themselves. */
const testFunctions = ['describe', 'it', 'suite', 'test'];

type Violation = { readonly offset: number; readonly what: string };

/** The forbidden things in a program: escapes from the type checker, and tests that are not run. */
function codeViolations({ program }: ParseResult): Violation[] {
  const found: Violation[] = [];
  new Visitor({
    TSAnyKeyword: (node) => {
      found.push({ offset: node.start, what: 'the type any' });
    },
    TSNonNullExpression: (node) => {
      found.push({ offset: node.start, what: 'a non-null assertion' });
    },
    TSAsExpression: (node) => {
      if (node.expression.type === 'TSAsExpression' && node.expression.typeAnnotation.type === 'TSUnknownKeyword') {
        found.push({ offset: node.start, what: 'a cast through unknown' });
      }
    },
    MemberExpression: (node) => {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return;
      const { name } = node.property;
      if (testFunctions.includes(node.object.name) && ['only', 'skip', 'todo'].includes(name)) {
        found.push({ offset: node.start, what: `${node.object.name}.${name}` });
      }
    },
  }).visit(program);
  return found;
}

function sourceViolations(file: TextFile): string[] {
  const parsed = parseSource(file);
  const found = codeViolations(parsed);
  for (const { value, start } of parsed.comments) {
    const [match] = words.exec(value) ?? [];
    if (match) found.push({ offset: start, what: match });
  }
  const lines = file.text.trimEnd().split('\n').length;
  return [
    ...found.map(({ offset, what }) => `${position(file, offset)}: ${what}`),
    ...(lines > maxLines ? [`${file.path}: ${lines} lines, more than ${maxLines}`] : []),
  ];
}

/** Prose may not put work off either, and its TypeScript samples are held to the rules of code. */
function proseViolations(file: TextFile): string[] {
  const [match] = words.exec(file.text) ?? [];
  const samples = [...file.text.matchAll(/^```(?:ts|typescript)\b.*\n([\s\S]*?)^```/gm)].flatMap((block) =>
    codeViolations(parseSync('sample.ts', block[1] ?? '', { lang: 'ts' })).map(
      ({ what }) => `${position(file, block.index)}: ${what}`,
    ),
  );
  return [...(match ? [`${file.path}: ${match}`] : []), ...samples];
}

/** One line, `file:line: what`, for everything in the files that the house does not allow. */
export function forbiddenIn(files: readonly TextFile[]): string[] {
  return files.flatMap((file) => (file.path.endsWith('.ts') ? sourceViolations(file) : proseViolations(file)));
}
