import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsFiles } from './tls-files.ts';

const top = join(import.meta.dirname, '../..');

/**
 * Compression contexts count as memory in use. With little room for them V8 would collect garbage many times a second,
 * and take half of the time for that.
 */
const roomy = '--initial-old-space-size=512';

/** Programs that find their sources stripped of types already need not load what strips them: a third of their memory. */
const environment = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env };

/** An echo server that runs as a program of its own. */
export interface EchoServer extends AsyncDisposable {
  readonly url: URL;
}

/** How a program of ours is to speak. */
export interface Speech {
  /** Over TLS, with this certificate. */
  readonly tls?: TlsFiles | undefined;
  /** Over HTTP/2. */
  readonly http2?: boolean | undefined;
}

/** Start our echo server, as a user would, with compression. */
export async function startEchoServer({ tls, http2 }: Speech = {}): Promise<EchoServer> {
  const secure = tls === undefined ? {} : { TLS_KEY: tls.keyFile, TLS_CERT: tls.certFile };
  const child = spawn(process.execPath, [roomy, join(top, 'examples/echo-server.ts')], {
    env: { ...environment, ...secure, PORT: '0', COMPRESS: '1', HTTP2: http2 ? '1' : '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  let printed = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    if (printed.endsWith('\n')) break;
  }
  child.stdout.resume();
  const [, address] = /(wss?:\/\/\S+)\n/.exec(printed) ?? [];
  if (address === undefined) throw new Error(`the echo server did not start: ${printed}`);
  return {
    url: new URL(address),
    async [Symbol.asyncDispose]() {
      child.kill(); // the cache is written by programs that end by themselves
      const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
      await exited;
      clearTimeout(patience);
    },
  };
}

/** Run our client against a fuzzing server, to its end. Rejects unless it ends well. */
export async function runClient(
  url: string,
  agent: string,
  atOnce: number,
  { tls, http2 }: Speech = {},
): Promise<void> {
  const parameters = [url, agent, String(atOnce), ...(http2 ? ['--http2'] : [])];
  const child = spawn(process.execPath, [roomy, join(top, 'compliance/client.ts'), ...parameters], {
    env: { ...environment, ...(tls === undefined ? {} : { NODE_EXTRA_CA_CERTS: tls.certFile }) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await once(child, 'close');
  if (child.exitCode !== 0 || errors !== '') throw new Error(`the client ended with ${child.exitCode}: ${errors}`);
}
