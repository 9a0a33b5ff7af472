import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { broadcast, createGroup, defineHandler, join, listen, type PreparedFrame, prepare, text } from 'genws';
import { describe, expect, it } from 'vitest';

const count = 10_000;
const clients = fileURLToPath(new URL('../support/idle-clients.ts', import.meta.url));

/** Node raises its own limit of open files to the hard one; nobody can raise that. */
function assertEnoughFiles(): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (limit === 'unlimited' || Number(limit) >= count + 500) return;
  throw new Error(`this test needs ${count + 500} open files, the hard limit is ${limit}: see \`ulimit -Hn\``);
}

describe('10,000 connections', () => {
  it('connect, stay, hear a broadcast, and are let go of', async () => {
    assertEnoughFiles();
    const everybody = createGroup<PreparedFrame>();
    const handler = defineHandler({
      init(_request, _opts, self) {
        join(everybody, self);
        return ['ok', undefined];
      },
      handleIn: () => ['ok', undefined],
      handleInfo: (frame: PreparedFrame) => ['reply', frame, undefined],
    });
    await using server = await listen({ host: '127.0.0.1', handler, logger: () => {} });
    const before = process.memoryUsage();
    const began = performance.now();
    const message = 'hello, everybody';
    const child = spawn(process.execPath, [clients, `${server.port}`, `${count}`, `${message.length + 2}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const said = createInterface(child.stdout)[Symbol.asyncIterator]();
    expect((await said.next()).value).toBe('open');
    const opened = performance.now();
    expect([server.sessions.count, everybody.size]).toEqual([count, count]);
    const after = process.memoryUsage();

    expect(broadcast(everybody, prepare(text(message)))).toBe(count);
    expect((await said.next()).value).toBe('heard');
    const heard = performance.now();
    expect([server.sessions.count, everybody.size]).toEqual([count, count]);
    expect([...server.sessions.children()].every(({ state }) => state === 'open')).toBe(true);

    child.stdin.end();
    await once(child, 'exit');
    await server.sessions.empty();
    expect([child.exitCode, everybody.size]).toEqual([0, 0]);
    const kib = (use: 'rss' | 'heapUsed'): string => `${((after[use] - before[use]) / count / 1024).toFixed(1)} KiB`;
    process.stdout.write(
      `${count} connections: open after ${Math.round(opened - began)} ms, a broadcast reached all after ` +
        `${Math.round(heard - opened)} ms; each ${kib('rss')} of memory, ${kib('heapUsed')} of it heap\n`,
    );
  });
});
