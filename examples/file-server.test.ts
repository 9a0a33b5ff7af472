import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { Example } from '../test/support/example.ts';

const mebibyte = 1024 * 1024;
/** More than a session may let wait, and more than systems hold besides. */
const content = randomBytes(40 * mebibyte);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genws-'));
  await writeFile(join(folder, 'large'), content);
});
afterAll(() => rm(folder, { recursive: true }));

const serve = (name: string): Example => new Example('file-server.ts', [join(folder, name)], { PORT: '0' });

/** A client of the `ws` package that keeps what it gets. */
class Download {
  readonly socket: WsClient;
  readonly #chunks: Buffer[] = [];
  /** All that has come, and the close code. */
  readonly done: Promise<{ readonly bytes: Buffer; readonly code: number }>;

  constructor(url: URL) {
    const socket = new WsClient(url);
    socket.on('message', (data: Buffer) => this.#chunks.push(data));
    this.done = new Promise((resolve) =>
      socket.on('close', (code) => resolve({ bytes: Buffer.concat(this.#chunks), code })),
    );
    this.socket = socket;
  }
}

describe('file server', () => {
  it('sends the file whole, then closes with 1000', async () => {
    await using server = serve('large');
    const { bytes, code } = await new Download(await server.url()).done;
    expect(code).toBe(1000);
    expect(bytes.equals(content)).toBe(true);
  });

  it('waits for a client that does not read, and serves the others meanwhile', async () => {
    await using server = serve('large');
    const url = await server.url();
    const slow = new Download(url);
    await once(slow.socket, 'open');
    slow.socket.pause();
    const quick = await new Download(url).done;
    expect(quick.bytes.equals(content)).toBe(true);
    slow.socket.resume();
    const { bytes, code } = await slow.done;
    expect(code).toBe(1000);
    expect(bytes.equals(content)).toBe(true);
  });

  it('closes with 1011 when the file cannot be read', async () => {
    await using server = serve('gone');
    const { bytes, code } = await new Download(await server.url()).done;
    expect([bytes.length, code]).toEqual([0, 1011]);
  });

  it('ends on SIGTERM with exit code 0 while somebody is downloading', async () => {
    await using server = serve('large');
    const { socket, done } = new Download(await server.url());
    await once(socket, 'message');
    const { code, stderr } = await server.terminate();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect((await done).code).toBe(1001);
  });
});
