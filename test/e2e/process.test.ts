import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

describe('a process', () => {
  it('ends by itself when its server has stopped and its clients are closed: no timer, no socket keeps it', async () => {
    const program = fileURLToPath(new URL('../support/passing-program.ts', import.meta.url));
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill());
    const exited = once(child, 'exit');
    const [said] = await once(child.stdout, 'data');
    const done = performance.now();
    expect(`${said}`).toBe('done\n');
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - done).toBeLessThan(1000);
  });
});
