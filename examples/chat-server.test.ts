import { once } from 'node:events';
import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { type Example, startServer } from '../test/support/example.ts';
import { Inbox } from '../test/support/inbox.ts';

let server: Example;
let url: URL;

async function start(): Promise<void> {
  server = startServer('chat-server.ts');
  url = await server.url();
}

const end = () => server[Symbol.asyncDispose]();

/** Somebody in the room, with what the server tells them. */
class Visitor {
  readonly socket: WsClient;
  readonly events = new Inbox<object>();
  readonly closed: Promise<number>;

  constructor(name?: string) {
    const target = new URL('/chat', url);
    target.protocol = 'ws:';
    if (name !== undefined) target.searchParams.set('name', name);
    const socket = new WsClient(target);
    socket.on('message', (data) => this.events.push(JSON.parse(String(data))));
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    this.socket = socket;
  }

  say(text: unknown): void {
    this.socket.send(JSON.stringify({ text }));
  }
}

/** Let people in one after the other; all they hear of each other's coming is taken. */
async function enter(...names: readonly string[]): Promise<Visitor[]> {
  const visitors: Visitor[] = [];
  for (const name of names) {
    const visitor = new Visitor(name);
    await visitor.events.next();
    await Promise.all(visitors.map(({ events }) => events.next()));
    visitors.push(visitor);
  }
  return visitors;
}

describe('chat server', () => {
  beforeEach(start);
  afterEach(end);

  it('welcomes a newcomer with the count and tells the others', async () => {
    const ada = new Visitor('Ada');
    expect(await ada.events.next()).toEqual({ type: 'welcome', name: 'Ada', count: 1 });
    const ben = new Visitor('Ben');
    expect(await ben.events.next()).toEqual({ type: 'welcome', name: 'Ben', count: 2 });
    expect(await ada.events.next()).toEqual({ type: 'joined', name: 'Ben', count: 2 });
  });

  it('numbers a name that somebody has, and gives it away again once they have left', async () => {
    const [first] = await enter('Ada');
    const second = new Visitor(' Ada ');
    expect(await second.events.next()).toEqual({ type: 'welcome', name: 'Ada 2', count: 2 });
    first?.socket.close();
    expect(await second.events.next()).toEqual({ type: 'left', name: 'Ada', count: 1 });
    expect(await new Visitor('Ada').events.next()).toEqual({ type: 'welcome', name: 'Ada', count: 2 });
  });

  it('calls somebody who sends no name a guest', async () => {
    expect(await new Visitor().events.next()).toEqual({ type: 'welcome', name: 'Guest', count: 1 });
  });

  it('tells a message to everybody, the sender included', async () => {
    const visitors = await enter('Ada', 'Ben', 'Cleo');
    visitors[0]?.say('  grüße 👋 <b>\nall  ');
    for (const { events } of visitors) {
      expect(await events.next()).toEqual({ type: 'message', name: 'Ada', text: 'grüße 👋 <b>\nall' });
    }
  });

  it('tells who has left, whether they said goodbye or vanished', async () => {
    const [ada, ben, cleo] = await enter('Ada', 'Ben', 'Cleo');
    ben?.socket.close();
    expect(await ada?.events.next()).toEqual({ type: 'left', name: 'Ben', count: 2 });
    cleo?.socket.terminate();
    expect(await ada?.events.next()).toEqual({ type: 'left', name: 'Cleo', count: 1 });
  });

  it('answers what is no message with a reason, to its sender alone, who can go on', async () => {
    const [ada, ben] = await enter('Ada', 'Ben');
    for (const sent of [
      '{"text":',
      '[]',
      '{"text":1}',
      JSON.stringify({ text: 'x'.repeat(2001) }),
      Buffer.from('{}'),
    ]) {
      ada?.socket.send(sent);
      expect(await ada?.events.next()).toEqual({ type: 'error', reason: expect.stringMatching(/^[A-Z].+\.$/) });
    }
    ada?.say('x'.repeat(2000));
    expect(await ada?.events.next()).toMatchObject({ type: 'message' });
    expect(await ben?.events.next()).toMatchObject({ type: 'message', text: 'x'.repeat(2000) });
  });

  it('closes with 1009 on a message that is absurdly long, and serves the others (RFC 6455 §7.4.1)', async () => {
    const [ada, ben] = await enter('Ada', 'Ben');
    ada?.say('x'.repeat(100_000));
    expect(await ada?.closed).toBe(1009);
    expect(await ben?.events.next()).toEqual({ type: 'left', name: 'Ada', count: 1 });
  });

  it('delivers a burst of 3,000 messages to everybody, complete and in each sender’s order', async () => {
    const visitors = await enter('Ada', 'Ben', 'Cleo');
    for (let i = 0; i < 1000; i++) for (const visitor of visitors) visitor.say(String(i));
    const inOrder = Array.from({ length: 1000 }, (_, i) => String(i));
    for (const { events } of visitors) {
      const heard = await events.take(3000);
      for (const name of ['Ada', 'Ben', 'Cleo']) {
        const from = heard.filter((event) => 'name' in event && event.name === name);
        expect(from).toEqual(inOrder.map((text) => ({ type: 'message', name, text })));
      }
    }
  });

  it("talks to Node's own WebSocket", async () => {
    const socket = new WebSocket(`ws://localhost:${url.port}/chat?name=Ada`);
    const [message] = await once(socket, 'message');
    expect(JSON.parse(message.data)).toEqual({ type: 'welcome', name: 'Ada', count: 1 });
    socket.close();
    await once(socket, 'close');
  });

  it('ends on SIGTERM with exit code 0, after telling its clients that it goes away', async () => {
    const visitors = await enter('Ada', 'Ben', 'Cleo');
    const { code, stderr } = await server.terminate();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await Promise.all(visitors.map(({ closed }) => closed))).toEqual([1001, 1001, 1001]);
  });

  it('says plainly that its port is taken, and ends with exit code 1', async () => {
    await using second = startServer('chat-server.ts', Number(url.port));
    const { code, stderr } = await second.ended();
    expect(code).toBe(1);
    expect(stderr).toBe(`port ${url.port} is taken: end what listens there, or choose another with PORT\n`);
  });
});

describe('page of the chat server', () => {
  beforeAll(start);
  afterAll(end);

  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/?from=a-link', 'text/html; charset=utf-8'],
    ['/chat.css', 'text/css; charset=utf-8'],
    ['/chat.js', 'text/javascript; charset=utf-8'],
    ['/connection.js', 'text/javascript; charset=utf-8'],
    ['/log.js', 'text/javascript; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml; charset=utf-8'],
  ])('serves %s as %s, under a policy that allows nothing inline', async (path, type) => {
    const response = await fetch(new URL(path, url));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect((await response.text()).length).toBeGreaterThan(100);
  });

  it('answers a HEAD with the length alone, and refuses other methods', async () => {
    const head = await fetch(url, { method: 'HEAD' });
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
    expect(await head.text()).toBe('');
    const post = await fetch(url, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    '/../chat-server.ts',
    '/%2e%2e/chat-server.ts',
    '/chat-page/../../package.json',
    '//etc/passwd',
    '/serve-page.ts',
    '/constructor',
  ])('has nothing at %s', async (path) => {
    const socket = connect({ port: Number(url.port), host: 'localhost' });
    socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const response = await readAll(socket);
    expect(response).toMatch(/^HTTP\/1\.1 404 /);
    expect(response).toContain('There is no such page.');
  });
});
