import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const examples = resolve(import.meta.dirname, '../../examples');

/** How a process ended, and all that it printed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An example as a user runs it: a process of its own, ended when the test is over. */
export class Example {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';

  constructor(name: string, parameters: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [resolve(examples, name), ...parameters], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr += chunk;
    });
    this.#child = child;
    this.#ended = once(child, 'close').then(() => ({
      code: child.exitCode,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /** The URL in the line that a server prints once it listens. */
  async url(): Promise<URL> {
    const { stdout } = this.#child;
    let gone = false;
    const ended = this.#ended.then(() => {
      gone = true;
    });
    while (stdout !== null) {
      const [found] = /\b(?:http|ws)s?:\/\/\S+(?=\n)/.exec(this.#stdout) ?? [];
      if (found !== undefined) return new URL(found);
      if (gone) break;
      await Promise.race([once(stdout, 'data'), ended]);
    }
    throw new Error(`the example ended before it listened:\n${this.#stderr}`);
  }

  /** Resolves when the process has ended by itself, or upon a signal. */
  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Ask it to end, as an operating system does. */
  terminate(): Promise<Ended> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Start a server of the examples. `PORT=0` unless told: the system picks one, {@link Example.url} tells which. */
export const startServer = (name: string, port = 0): Example => new Example(name, [], { PORT: String(port) });
