import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { certificate } from './certificate.ts';
import { installedProgram } from './installed-program.ts';

const example = resolve(import.meta.dirname, '../../examples/integrations/nginx.conf');

/** What a test wants otherwise than the example has it. */
export interface NginxSettings {
  /** The port of the server that is proxied. */
  readonly upstream: number;
  /** Seconds of silence after which a connection is dropped. */
  readonly readTimeout?: number;
}

/** The nginx of this machine, with the configuration that is among the examples, on two free ports. */
export class Nginx implements AsyncDisposable {
  /** Where it serves HTTP. */
  readonly port: number;
  /** Where it serves HTTPS. */
  readonly securePort: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, port: number, securePort: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
    this.securePort = securePort;
  }

  /** Start one. It runs as who starts the test, and writes into a folder of its own. */
  static async start(settings: NginxSettings): Promise<Nginx> {
    const program = installedProgram('nginx');
    const folder = await mkdtemp(join(tmpdir(), 'genws-nginx-'));
    const ports = await freePorts();
    await writeConfiguration(folder, ports, settings);
    const child = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const nginx = new Nginx(child, folder, ...ports);
    try {
      await listening(child);
      return nginx;
    } catch (error) {
      await nginx[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Have it end at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null && this.#child.kill('SIGTERM')) await once(this.#child, 'exit');
    await rm(this.#folder, { recursive: true });
  }
}

/** The configuration that users copy, with this test's ports, certificate and timeout, and what nginx wants around it. */
async function writeConfiguration(
  folder: string,
  [port, securePort]: readonly [number, number],
  { upstream, readTimeout = 60 }: NginxSettings,
): Promise<void> {
  const file = (name: string): string => join(folder, name);
  const { key, cert } = await certificate();
  const site = (await readFile(example, 'utf8'))
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('listen 443 ssl;', `listen 127.0.0.1:${securePort} ssl;`)
    .replace('server 127.0.0.1:8080;', `server 127.0.0.1:${upstream};`)
    .replace('/etc/ssl/certs/chat.example.pem', file('certificate.pem'))
    .replace('/etc/ssl/private/chat.example.key', file('certificate.key'))
    .replace('proxy_read_timeout 60s;', `proxy_read_timeout ${readTimeout}s;`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const main = [
    'daemon off;',
    'master_process off;',
    `pid ${file('nginx.pid')};`,
    'error_log stderr notice;',
    'events {}',
    'http {',
    '  access_log off;',
    ...temporary.map((name) => `  ${name}_temp_path ${file(name)};`),
    `  include ${file('site.conf')};`,
    '}',
  ];
  await Promise.all([
    writeFile(file('nginx.conf'), `${main.join('\n')}\n`),
    writeFile(file('site.conf'), site),
    writeFile(file('certificate.pem'), cert),
    writeFile(file('certificate.key'), key),
  ]);
}

/** Its version is the first thing that nginx says once it has its ports. It goes on talking, and is read on. */
function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/\[notice\].* nginx\/\d/.test(said)) resolve();
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`nginx has ended:\n${said}`)));
  });
}

/** Ports that nobody had a moment ago. */
async function freePorts(): Promise<[number, number]> {
  const [one, other] = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '127.0.0.1')];
  await Promise.all([once(one, 'listening'), once(other, 'listening')]);
  const ports: [number, number] = [portOf(one), portOf(other)];
  await Promise.all([once(one.close(), 'close'), once(other.close(), 'close')]);
  return ports;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
