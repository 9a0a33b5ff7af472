import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** The reference suite, so that it cannot change under us. */
const image =
  'crossbario/autobahn-testsuite:25.10.1@sha256:519915fb568b04c9383f70a1c405ae3ff44ab9e35835b085239c258b6fac3074';

/** Folders that a container sees, by the names it has for them. */
export interface Mounts {
  readonly config: string;
  readonly reports: string;
}

const volumes = ({ config, reports }: Mounts): string[] => ['-v', `${config}:/config:ro`, '-v', `${reports}:/reports`];

/** Run the `docker` program to its end. Resolves with its exit code, or with `undefined` if there is no such program. */
async function docker(...parameters: readonly string[]): Promise<number | undefined> {
  const child = spawn('docker', parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
  const failed = once(child, 'error').then(() => undefined);
  return await Promise.race([once(child, 'close').then(() => child.exitCode ?? 1), failed]);
}

/** Whether there is Docker, and it runs. */
export async function isDockerThere(): Promise<boolean> {
  const child = spawn('docker', ['info'], { stdio: 'ignore' });
  const failed = once(child, 'error').then(() => false);
  return await Promise.race([once(child, 'close').then(() => child.exitCode === 0), failed]);
}

/** Have the reference suite test servers, as its file `fuzzingclient.json` says. */
export async function runFuzzingClient(mounts: Mounts): Promise<void> {
  const suite = ['wstest', '-m', 'fuzzingclient', '-s', '/config/fuzzingclient.json'];
  const host = ['--add-host', 'host.docker.internal:host-gateway'];
  const code = await docker('run', '--rm', ...host, ...volumes(mounts), image, ...suite);
  if (code !== 0) throw new Error(`the fuzzing client of the reference suite ended with ${code}`);
}

/** Have it test clients, as its file `fuzzingserver.json` says, which names the same port. */
export async function startFuzzingServer(mounts: Mounts, port: number): Promise<AsyncDisposable> {
  const name = `genws-autobahn-${process.pid}-${port}`;
  const suite = ['wstest', '-m', 'fuzzingserver', '-s', '/config/fuzzingserver.json'];
  const published = ['-p', `127.0.0.1:${port}:${port}`];
  const code = await docker('run', '-d', '--rm', '--name', name, ...published, ...volumes(mounts), image, ...suite);
  if (code !== 0) throw new Error(`the fuzzing server of the reference suite did not start: ${code}`);
  const running = { [Symbol.asyncDispose]: async () => void (await docker('stop', name)) };
  await untilOpen(port);
  return running;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port to be had');
  return address.port;
}

/** Until somebody listens on a port and stays: Docker itself listens before the suite does, and hangs up. */
async function untilOpen(port: number): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const ended = new Promise<'ended'>((resolve) => socket.on('error', () => {}).on('close', () => resolve('ended')));
    const outcome = await Promise.race([ended, wait(500, 'open' as const)]);
    socket.destroy();
    if (outcome === 'open') return;
    await wait(500);
  }
  throw new Error(`nobody listens on port ${port}`);
}
