import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Block, blocksOf, type Document, root } from './markdown.ts';

/** A block of TypeScript in a document, as a program of its own. */
export interface Sample {
  /** Where it stands: `docs/guide.md:42`. */
  readonly name: string;
  readonly file: string;
  readonly code: string;
  /** Whether it goes on until it is told to end: marked `ts server`. */
  readonly server: boolean;
  /** What it prints: the `text` block that follows it, or nothing. */
  readonly output: string;
}

/** What became of a program. */
export interface Outcome {
  readonly status: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the samples live while they are tested: a project beside the packages, ignored by git. */
const folder = join(root, 'artifacts/docs');
const patience = 60_000;

/** The samples of a document. A `text` block belongs to the `ts` block right before it. */
export function samplesOf(document: Document): Sample[] {
  const blocks = blocksOf(document);
  return blocks.flatMap((block, index) =>
    /^ts\b/.test(block.info) ? [toSample(document, block, blocks[index + 1])] : [],
  );
}

function toSample({ path }: Document, { info, code, line }: Block, next: Block | undefined): Sample {
  const stem = path.replace(/\.md$/, '').replaceAll('/', '-');
  return {
    name: `${path}:${line}`,
    file: join(folder, `${stem}-${line}.ts`),
    code,
    server: info === 'ts server',
    output: next?.info === 'text' ? next.code : '',
  };
}

/** Lay out the project of the samples, as a reader would have it: the packages and xstate at hand, the house's compiler settings. */
export function writeSamples(samples: readonly Sample[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(join(root, 'packages/session/node_modules/xstate'), join(folder, 'node_modules/xstate'), 'junction');
  const settings = { extends: relative(folder, join(root, 'tsconfig.json')), include: ['*.ts'], exclude: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  for (const { file, code } of samples) writeFileSync(file, code);
}

/** Check the types of all samples at once. */
export function compileSamples(): Promise<Outcome> {
  return run(join(root, 'node_modules/.bin/tsc'), ['--project', folder]);
}

/** Run a sample to its end. */
export const runSample = ({ file }: Sample): Promise<Outcome> => run(process.execPath, [file]);

/** Run a sample that serves, hand the URL it prints to a visitor, then ask it to end. */
export async function runServer({ file }: Sample, visit: (url: string) => Promise<void>): Promise<Outcome> {
  let visited: Promise<void> | undefined;
  const outcome = await run(process.execPath, [file], (stdout, end) => {
    const [url] = /\bws:\/\/\S+(?=\n)/.exec(stdout) ?? [];
    if (url !== undefined) visited ??= visit(url).finally(end);
  });
  if (visited === undefined) throw new Error(`no URL in ${JSON.stringify(outcome)}`);
  await visited;
  return outcome;
}

function run(
  program: string,
  parameters: readonly string[],
  onOutput?: (stdout: string, end: () => void) => void,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      cwd: folder,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patience,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(stdout, () => child.kill('SIGTERM'));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ status: code ?? signal, stdout, stderr }));
  });
}
