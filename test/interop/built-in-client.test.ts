import { once } from 'node:events';
import { close, listen, ping, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { plainMessage, randomMessages } from '../support/random-messages.ts';
import { createRecording, echo } from '../support/recording.ts';

/** The WebSocket that every Node has built in, as browsers have it. */
async function open(url: string, subprotocols: string[] = []) {
  const socket = new WebSocket(url, subprotocols);
  socket.binaryType = 'arraybuffer';
  const heard = new Inbox<string>();
  socket.addEventListener('message', (event) => {
    const data: unknown = event.data;
    if (typeof data === 'string') heard.push(plainMessage(data));
    else if (data instanceof ArrayBuffer) heard.push(plainMessage(new Uint8Array(data)));
  });
  const closed = new Promise<string>((resolve) => {
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      resolve(`${wasClean ? 'clean' : 'unclean'} ${code} ${reason}`.trimEnd());
    });
  });
  await once(socket, 'open');
  return { socket, heard, closed };
}

describe("Node's built-in WebSocket as client of our server", () => {
  const host = '127.0.0.1';

  it('hears text and binary messages of all sizes back, unchanged and in order', async () => {
    await using server = await listen({ host, handler: echo });
    const peer = await open(server.url);
    const messages = [...randomMessages('built in')];
    for (const message of messages) peer.socket.send(typeof message === 'string' ? message : Uint8Array.from(message));
    for (const message of messages) expect((await peer.heard.next()) === plainMessage(message)).toBe(true);
    peer.socket.close();
    expect(await peer.closed).toMatch(/^clean 100[05]$/);
  });

  it.each([
    [1000, 'done'],
    [3000, ''],
    [4999, 'für immer 👋'],
  ])('closes with %i %s, cleanly, and our handler hears it', async (code, reason) => {
    const { handler, exits } = createRecording();
    await using server = await listen({ host, handler });
    const peer = await open(server.url);
    peer.socket.close(code, reason);
    expect(await peer.closed).toMatch(new RegExp(`^clean ${code}`));
    expect(await exits.next()).toEqual({ type: 'remote', code, reason });
  });

  it.each([
    [1000, ''],
    [1001, 'away'],
    [1012, 'restart'],
    [4000, 'für immer 👋'],
  ])('hears our close frame %i %s as a clean end', async (code, reason) => {
    const { handler, sessions, exits } = createRecording();
    await using server = await listen({ host, handler });
    const peer = await open(server.url);
    close(await sessions.next(), code, reason);
    expect(await peer.closed).toBe(`clean ${code} ${reason}`.trimEnd());
    expect(await exits.next()).toEqual({ type: 'normal' });
  });

  it('answers our ping', async () => {
    const { handler, sessions, frames } = createRecording();
    await using server = await listen({ host, handler });
    const peer = await open(server.url);
    send(await sessions.next(), [ping('b'), text('hello')]);
    expect(await peer.heard.next()).toBe('text hello');
    expect(await frames.next()).toBe('pong 62');
    peer.socket.close();
    await peer.closed;
  });

  it('is given the first of its subprotocols that we speak', async () => {
    const { handler, requests } = createRecording();
    await using server = await listen({ host, handler, subprotocols: ['b', 'a'] });
    const peer = await open(server.url, ['x', 'a', 'b']);
    expect(peer.socket.protocol).toBe('a');
    expect((await requests.next()).subprotocol).toBe('a');
    peer.socket.close();
    await peer.closed;
  });

  it('hears of a stopping server with 1001', async () => {
    const { handler, exits } = createRecording();
    const server = await listen({ host, handler });
    const peer = await open(server.url);
    await server.stop();
    expect(await peer.closed).toBe('clean 1001');
    expect(await exits.next()).toEqual({ type: 'shutdown', reason: 'stop' });
  });
});
