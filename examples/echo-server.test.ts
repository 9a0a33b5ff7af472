import { once } from 'node:events';
import { connect, send, text } from 'genws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { Example, startServer } from '../test/support/example.ts';
import { Inbox } from '../test/support/inbox.ts';
import { createRecording } from '../test/support/recording.ts';

const mebibyte = 1024 * 1024;

let server: Example;
let url: URL;

beforeEach(async () => {
  server = startServer('echo-server.ts');
  url = await server.url();
});
afterEach(() => server[Symbol.asyncDispose]());

/** A client of the `ws` package, with what it hears. */
class Client {
  readonly socket: WsClient;
  readonly inbox = new Inbox<{ readonly data: Buffer; readonly isBinary: boolean }>();
  readonly closed: Promise<number>;

  constructor(path: string | URL) {
    const socket = new WsClient(new URL(path, url));
    socket.on('message', (data: Buffer, isBinary) => this.inbox.push({ data, isBinary }));
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    this.socket = socket;
  }

  static async open(path: string | URL): Promise<Client> {
    const client = new Client(path);
    await once(client.socket, 'open');
    return client;
  }
}

describe('echo server', () => {
  it('sends text and binary messages back as what they were, in order', async () => {
    const { socket, inbox } = await Client.open('/');
    const bytes = Buffer.from([0, 255, 10, 13, 128]);
    socket.send('grüße 👋');
    socket.send(bytes);
    socket.send('');
    expect(await inbox.take(3)).toEqual([
      { data: Buffer.from('grüße 👋'), isBinary: false },
      { data: bytes, isBinary: true },
      { data: Buffer.alloc(0), isBinary: false },
    ]);
  });

  it('sends 1 MiB back byte by byte', async () => {
    const { socket, inbox } = await Client.open('/');
    const bytes = Buffer.alloc(mebibyte, Buffer.from(Uint8Array.from({ length: 251 }, (_, index) => index)));
    socket.send(bytes);
    const { data, isBinary } = await inbox.next();
    expect(isBinary).toBe(true);
    expect(data.equals(bytes)).toBe(true);
  });

  it("echoes to Node's own WebSocket", async () => {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    const messages = new Inbox<string>();
    socket.addEventListener('message', ({ data }) => messages.push(String(data)));
    socket.send('from undici');
    expect(await messages.next()).toBe('from undici');
    const closed = once(socket, 'close');
    socket.close(1000, 'done');
    const [{ code, wasClean }] = await closed;
    expect({ code, wasClean }).toEqual({ code: 1000, wasClean: true });
  });

  it('tells what one says at /fanout to the whole group, the sender included, and to nobody elsewhere', async () => {
    const group = await Promise.all(Array.from({ length: 5 }, () => Client.open('/fanout')));
    const outsider = await Client.open('/');
    group[2]?.socket.send('to all');
    for (const { inbox } of group) expect(String((await inbox.next()).data)).toBe('to all');
    outsider.socket.send('mine');
    expect(String((await outsider.inbox.next()).data)).toBe('mine');
    expect(group.map(({ inbox }) => inbox.length)).toEqual([0, 0, 0, 0, 0]);
  });

  it('ends on SIGTERM with exit code 0, after telling its clients that it goes away (RFC 6455 §7.4.1)', async () => {
    const clients = await Promise.all([Client.open('/'), Client.open('/fanout')]);
    const { code, stderr } = await server.terminate();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1001, 1001]);
  });

  it('compresses for clients that offer it with COMPRESS=1, and for nobody without (RFC 7692 §7)', async () => {
    const plain = await Client.open('/');
    expect(plain.socket.extensions).toBe('');
    await using compressing = new Example('echo-server.ts', [], { PORT: '0', COMPRESS: '1' });
    const { socket, inbox } = await Client.open(await compressing.url());
    expect(socket.extensions).toBe('permessage-deflate');
    const bytes = Buffer.alloc(mebibyte, 'the same again and again');
    socket.send(bytes);
    expect((await inbox.next()).data.equals(bytes)).toBe(true);
  });

  it('speaks HTTP/2 as well with HTTP2=1, and HTTP/1.1 alone without (RFC 8441)', async () => {
    const { handler, frames } = createRecording();
    await expect(connect(url, { handler, http2: true })).rejects.toThrow();
    await using both = new Example('echo-server.ts', [], { PORT: '0', HTTP2: '1' });
    const session = await connect(await both.url(), { handler, http2: true });
    expect(session.request.httpVersion).toBe('2.0');
    send(session, text('over HTTP/2'));
    expect(await frames.next()).toBe('text over HTTP/2');
    const { socket, inbox } = await Client.open(await both.url());
    socket.send('over HTTP/1.1');
    expect(String((await inbox.next()).data)).toBe('over HTTP/1.1');
  });
});
