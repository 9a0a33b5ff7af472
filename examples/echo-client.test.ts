import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { Example, startServer } from '../test/support/example.ts';
import { sendAndWait } from './echo-client.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function echoUrl(): Promise<string> {
  const server = startServer('echo-server.ts');
  cleanups.push(() => server[Symbol.asyncDispose]());
  return (await server.url()).href;
}

/** A server of the `ws` package that accepts, and does with each connection what it is told. */
async function acceptingUrl(behaviour: (peer: { close(code: number): void }) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', behaviour);
  cleanups.push(() => {
    for (const peer of server.clients) peer.terminate();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return `ws://127.0.0.1:${portOf(server)}`;
}

function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('echo client', () => {
  it('prints the echo and ends with exit code 0', async () => {
    const client = new Example('echo-client.ts', [await echoUrl(), 'grüße 👋']);
    expect(await client.ended()).toEqual({ code: 0, stdout: 'grüße 👋\n', stderr: '' });
  });

  it('ends with exit code 1 and one line about it when nobody listens', async () => {
    const client = new Example('echo-client.ts', [`ws://127.0.0.1:${await unusedPort()}`, 'hello']);
    const { code, stdout, stderr } = await client.ended();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^no connection: .*ECONNREFUSED.*\n$/);
  });

  it('ends with exit code 1 and one line about it when the URL is none', async () => {
    const { code, stderr } = await new Example('echo-client.ts', ['http//nowhere']).ended();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('sends and waits as a function, too: 1 MiB comes back whole', async () => {
    const message = 'é'.repeat(512 * 1024);
    expect((await sendAndWait(await echoUrl(), message)) === message).toBe(true);
  });

  it('rejects when no answer comes within the timeout', async () => {
    const url = await acceptingUrl(() => {});
    await expect(sendAndWait(url, 'anybody?', 50)).rejects.toThrow('no answer within 50 ms');
  });

  it('rejects when the server closes instead of answering', async () => {
    const url = await acceptingUrl((peer) => peer.close(1008));
    await expect(sendAndWait(url, 'hello')).rejects.toThrow('the connection ended without an answer: remote');
  });
});
