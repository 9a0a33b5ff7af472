import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a process can spend its time on, with the names, as `perf` shows them, of what belongs to it: the first that fits. */
const kinds = [
  ['kernel', /^\[k\]/],
  ['platform', /^\[\.\] JS:.* node:/],
  ['program', /^\[\.\] (?:JS|RegExp):/],
  ['builtins', /^\[\.\] Builtins_/],
  ['collection', /Scaveng|Mark(?:ing|Compact)|Sweep|Evacuat/],
  ['native', /./],
] as const;

/** Shares of a process's CPU time, 1 altogether. */
export type Shares = Readonly<Record<(typeof kinds)[number][0], number>>;

/** What V8 is to be told for its functions to have names, which it leaves behind in a file. */
export const namesFunctions = '--perf-basic-prof';

/** Remove the names of a process that has ended. */
export const forgetNames = (pid: number): Promise<void> => rm(`/tmp/perf-${pid}.map`, { force: true });

/** Samples a second; no divisor of what timers have. */
const frequency = 997;

/** Find out with Linux's `perf` what a process spends its time on while something else goes on. */
export async function profiled<Result>(pid: number, work: () => Promise<Result>): Promise<[Result, Shares]> {
  const file = join(tmpdir(), `genws-bench-${pid}.perf`);
  const recorder = spawn('perf', ['record', '-q', '-F', String(frequency), '-p', String(pid), '-o', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(recorder, 'spawn').catch(() => {
    throw new Error('profiles are made with `perf`, which is not installed: apt install linux-perf');
  });
  const ended = once(recorder, 'exit');
  try {
    const result = await work();
    recorder.kill('SIGINT');
    await ended;
    const { stdout } = await promisify(execFile)('perf', ['report', '-q', '--stdio', '-i', file, ...columns], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return [result, sharesOf(stdout)];
  } finally {
    recorder.kill('SIGKILL');
    await rm(file, { force: true });
  }
}

const columns = ['--no-children', '-g', 'none', '--sort', 'sym', '-t', '|'];

/** Add up the lines of a report: a percentage, and what it was spent on. */
export function sharesOf(report: string): Shares {
  const shares = { kernel: 0, platform: 0, program: 0, builtins: 0, collection: 0, native: 0 };
  for (const line of report.split('\n')) {
    const [, percent, symbol = ''] = /^\s*([\d.]+)%\s*\|(.*)$/.exec(line) ?? [];
    const [kind] = kinds.find(([, pattern]) => pattern.test(symbol)) ?? [];
    if (kind !== undefined) shares[kind] += Number(percent) / 100;
  }
  return shares;
}
