/**
 * `pnpm check`: everything that must hold besides the tests. Two lanes run side by side, the steps of a lane one
 * after the other. Prints a line per step, and what a step said when it failed.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

type Outcome = { readonly ok: boolean; readonly output: string };
type Step = { readonly name: string; readonly run: () => Promise<Outcome> };

const root = resolve(import.meta.dirname, '../..');
const tarballs = mkdtempSync(join(tmpdir(), 'genws-packed-'));

/** Runs a program of `node_modules/.bin`, or pnpm itself, from the top of the repository. */
function run(program: string, ...parameters: readonly string[]): Promise<Outcome> {
  return new Promise((settle) => {
    const child = spawn(program, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', (error) => settle({ ok: false, output: String(error) }));
    child.on('close', (code) => settle({ ok: code === 0, output: Buffer.concat(output).toString() }));
  });
}

async function runForEachTarball(program: string, ...parameters: readonly string[]): Promise<Outcome> {
  const files = globSync('*.tgz', { cwd: tarballs }).sort();
  const outcomes = await Promise.all(files.map((file) => run(program, ...parameters, join(tarballs, file))));
  return {
    ok: outcomes.length > 0 && outcomes.every(({ ok }) => ok),
    output: outcomes.length > 0 ? outcomes.map(({ output }) => output).join('\n') : 'nothing was packed',
  };
}

/** Steps that do not need each other: all of them run, whatever fails. */
const independent: readonly Step[] = [
  { name: 'types (tsc)', run: () => run('tsc', '--noEmit') },
  {
    name: 'types of the inspector’s page (tsc)',
    run: () => run('tsc', '--noEmit', '--project', 'packages/inspector/page'),
  },
  { name: 'lint and format (biome)', run: () => run('biome', 'check', '--error-on-warnings') },
  { name: 'unused files, exports, dependencies (knip)', run: () => run('knip') },
];

/** Steps of which each needs the one before it: the first failure ends the lane. */
const dependent: readonly Step[] = [
  { name: 'build (tsdown, vite)', run: () => run('pnpm', 'build') },
  {
    name: 'pack (pnpm)',
    run: () => run('pnpm', '--recursive', '--filter', './packages/*', 'pack', '--pack-destination', tarballs),
  },
  { name: 'packed manifests (publint)', run: () => runForEachTarball('publint', 'run', '--strict') },
  { name: 'packed types (attw)', run: () => runForEachTarball('attw', '--profile', 'esm-only', '--no-emoji') },
];

/** Runs a step, prints its line, and tells whether it held. */
async function report({ name, run }: Step): Promise<boolean> {
  const started = performance.now();
  const { ok, output } = await run();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name}, ${seconds} s${ok ? '' : `\n${output.trimEnd()}\n`}`);
  return ok;
}

async function runAll(steps: readonly Step[]): Promise<string[]> {
  const failed: string[] = [];
  for (const step of steps) {
    if (!(await report(step))) failed.push(step.name);
  }
  return failed;
}

async function runUntilFailure(steps: readonly Step[]): Promise<string[]> {
  for (const step of steps) {
    if (!(await report(step))) return [step.name];
  }
  return [];
}

const failed = (await Promise.all([runAll(independent), runUntilFailure(dependent)])).flat();
rmSync(tarballs, { recursive: true });
if (failed.length > 0) {
  console.log(`pnpm check: failed in ${failed.join('; ')}`);
  process.exitCode = 1;
}
