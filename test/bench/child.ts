import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';

/** What a child gets besides its program. */
export interface ChildOptions {
  readonly parameters?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node.js. */
  readonly flags?: readonly string[];
}

/** A program in a process of its own that messages go to and come from; one that ends too early is an error. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #endedEarly: Promise<never>;

  constructor(program: string, { parameters = [], env = {}, flags = [] }: ChildOptions = {}) {
    this.#process = fork(program, [...parameters], {
      env: { ...process.env, ...env },
      execArgv: [...flags],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#ended = once(this.#process, 'exit');
    this.#endedEarly = this.#ended.then(() => {
      throw new Error(`${basename(program)} has ended: ${this.#process.signalCode ?? this.#process.exitCode}`);
    });
    this.#endedEarly.catch(() => {});
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error('the process has not started');
    return pid;
  }

  /** The next message from it. */
  async receive<Message>(): Promise<Message> {
    const arrived: Promise<Message[]> = once(this.#process, 'message');
    const [message] = await Promise.race([arrived, this.#endedEarly]);
    if (message === undefined) throw new Error('an empty message');
    return message;
  }

  /** Tell it something, and hear the answer. */
  ask<Answer>(question: object | string): Promise<Answer> {
    const answer = this.receive<Answer>();
    this.#process.send(question);
    return answer;
  }

  /** The first thing in its output that looks like this. */
  async printed(pattern: RegExp): Promise<string> {
    const { stdout } = this.#process;
    if (stdout === null) throw new Error('its output cannot be read');
    let text = '';
    stdout.setEncoding('utf8');
    for (;;) {
      const [chunk]: string[] = await Promise.race([once(stdout, 'data'), this.#endedEarly]);
      text += chunk;
      const [found] = pattern.exec(text) ?? [];
      if (found === undefined) continue;
      stdout.resume();
      return found;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
