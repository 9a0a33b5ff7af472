import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../test/support/example.ts';
import { Inbox } from '../test/support/inbox.ts';

/** The example in a process of its own, with somebody at its keyboard. */
class Typist {
  readonly printed = new Inbox<string>();
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #stderr: Inbox<string> = new Inbox();
  readonly #ended: Promise<unknown[]>;

  constructor(url: string) {
    const child = spawn(process.execPath, [resolve(import.meta.dirname, 'resilient-client.ts'), url]);
    createInterface({ input: child.stdout }).on('line', (line) => this.printed.push(line));
    createInterface({ input: child.stderr }).on('line', (line) => this.#stderr.push(line));
    onTestFinished(() => void child.kill('SIGKILL'));
    this.#child = child;
    this.#ended = once(child, 'close');
  }

  /** The next line that is reported of this event. */
  async report(event: string): Promise<string> {
    for (;;) {
      const line = await this.#stderr.next();
      if (line.includes(event)) return line;
    }
  }

  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** End of input; resolves with the exit code. */
  async leave(): Promise<unknown> {
    this.#child.stdin.end();
    const [code] = await this.#ended;
    return code;
  }
}

describe('resilient client', () => {
  it('survives its server, which is killed and revived: what was typed meanwhile arrives when it is back', async () => {
    const server = startServer('echo-server.ts');
    onTestFinished(() => server[Symbol.asyncDispose]());
    const { port } = await server.url();
    const client = new Typist(`ws://localhost:${port}`);
    expect(await client.printed.next()).toBe('connected by attempt 1');
    client.type('grüße 👋');
    expect(await client.printed.next()).toBe('grüße 👋');

    await server[Symbol.asyncDispose]();
    expect(await client.printed.next()).toMatch(/^disconnected: (error|transportError)$/);
    client.type('is anybody there?');
    client.type('hello?');
    expect(await client.report('ECONNREFUSED')).toContain('client.down');

    const revived = startServer('echo-server.ts', Number(port));
    onTestFinished(() => revived[Symbol.asyncDispose]());
    expect(await client.printed.next()).toMatch(/^connected by attempt \d+$/);
    expect(await client.printed.take(2)).toEqual(['is anybody there?', 'hello?']);
    expect(await client.leave()).toBe(0);
  });

  it('ends with exit code 1 when there is no use in trying again', async () => {
    const client = new Typist('http//nowhere');
    expect(await client.report('client.gaveUp')).toContain('this is not a WebSocket URL');
    expect(await client.leave()).toBe(1);
  });
});
