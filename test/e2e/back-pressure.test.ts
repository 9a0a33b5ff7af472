import { once } from 'node:events';
import type { Socket } from 'node:net';
import { binary, defineHandler, listen, type SessionExit, type SessionLimits, type SessionRef, send } from 'genws';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { openWebSocket, textFrame } from '../support/raw-client.ts';
import { fromClient } from '../support/raw-frame.ts';
import { echo } from '../support/recording.ts';
import { expectServing, listenWith, schemes } from '../support/serving.ts';

const kibibyte = 1024;
const payload = Buffer.alloc(64 * kibibyte, 'x');
const frame = fromClient({ opcode: 2, payload });
/** What the systems on both ends may hold besides, in bytes. */
const slack = 1024 * kibibyte;

describe.each(schemes)('back-pressure over $scheme', ({ secure }) => {
  async function open(handler: typeof echo, limits: Partial<SessionLimits>) {
    const server = await listen({ ...(await listenWith(secure)), handler, limits, logger: () => {} });
    const accepted = once(server.http, secure ? 'secureConnection' : 'connection');
    const client = await openWebSocket({ port: server.port, secure });
    const [socket]: Socket[] = await accepted;
    return { server, client, bytesRead: () => socket?.bytesRead ?? Number.NaN };
  }

  it('does not read a peer whose messages the handler cannot keep up with, then reads on and loses nothing', async () => {
    const steps = new Inbox<() => void>();
    let taken = 0;
    const slow = defineHandler({
      init: () => ['ok', undefined],
      async handleIn(message) {
        if (taken++ === 0) await new Promise<void>((resolve) => steps.push(resolve));
        return message.type === 'text' ? ['reply', message, undefined] : ['ok', undefined];
      },
    });
    const { server, client, bytesRead } = await open(slow, { maxBacklog: 256 * kibibyte });
    await using _ = server;
    for (let i = 0; i < 300; i++) client.socket.write(frame);
    client.socket.write(textFrame('done'));
    const goOn = await steps.next();
    await expectServing(server, secure); // there was time enough to read all of it
    expect(bytesRead()).toBeLessThan(slack);
    goOn();
    expect(await client.text()).toBe('done');
    expect(taken).toBeGreaterThan(301);
    client.end();
  });

  it('does not read a peer that does not read its answers, then answers all of them in order', async () => {
    const { server, client, bytesRead } = await open(echo, { highWater: 256 * kibibyte });
    await using _ = server;
    client.socket.pause();
    const count = 300;
    for (let i = 0; i < count; i++) client.socket.write(frame);
    client.socket.write(textFrame('done'));
    let before = -1;
    while (bytesRead() > before) {
      before = bytesRead();
      await expectServing(server, secure);
    }
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(bytesRead()).toBeLessThan(count * payload.length);
    client.socket.resume();
    for (let i = 0; i < count; i++) expect((await client.frame()).payload.length).toBe(payload.length);
    expect(await client.text()).toBe('done');
    client.end();
  });

  it('gives up a peer that never reads, with maxBuffered as the bound (E06, E08)', async () => {
    const sessions = new Inbox<SessionRef>();
    const exits = new Inbox<SessionExit>();
    const limits = { maxBuffered: 512 * kibibyte };
    await using server = await listen({
      ...(await listenWith(secure)),
      limits,
      closeTimeout: 50,
      logger: () => {},
      handler: {
        init(_request, _opts, self) {
          sessions.push(self);
          return ['ok', undefined];
        },
        handleIn: () => ['ok', undefined],
        terminate: (exit) => exits.push(exit),
      },
    });
    const client = await openWebSocket({ port: server.port, secure });
    client.socket.pause();
    const session = await sessions.next();
    let most = 0;
    while (send(session, binary(payload)) === 'sent') {
      most = Math.max(most, session.buffered);
      await new Promise(setImmediate);
    }
    expect(most).toBeLessThanOrEqual(limits.maxBuffered + 2 * payload.length);
    expect(await exits.next()).toEqual({ type: 'error', error: 'slowConsumer' });
    await server.sessions.empty();
    await expectServing(server, secure);
  });
});
