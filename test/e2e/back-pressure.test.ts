import { binary, defineHandler, type SessionExit, type SessionLimits, type SessionRef, send, statistics } from 'genws';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { textFrame } from '../support/raw-client.ts';
import { fromClient } from '../support/raw-frame.ts';
import { echo } from '../support/recording.ts';
import { expectToServe, serveOver } from '../support/wire-server.ts';
import { wires } from '../support/wires.ts';

const kibibyte = 1024;
const payload = Buffer.alloc(64 * kibibyte, 'x');
const frame = fromClient({ opcode: 2, payload });
/** What the systems on both ends may hold besides, in bytes. */
const slack = 1024 * kibibyte;

describe.each(wires)('back-pressure over $wire', ({ wire }) => {
  async function open(handler: typeof echo, limits: Partial<SessionLimits>) {
    const served = await serveOver(wire, { handler, limits, logger: () => {} });
    const client = await served.open();
    const [session] = served.server.sessions.children();
    return { served, client, bytesRead: () => (session === undefined ? Number.NaN : statistics(session).bytesIn) };
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
    const { served, client, bytesRead } = await open(slow, { maxBacklog: 256 * kibibyte });
    await using _ = served;
    for (let i = 0; i < 300; i++) void client.write(frame);
    void client.write(textFrame('done'));
    const goOn = await steps.next();
    await expectToServe(served); // there was time enough to read all of it
    expect(bytesRead()).toBeLessThan(slack);
    expect(client.unsent).toBeGreaterThan(0);
    goOn();
    expect(await client.text()).toBe('done');
    expect(taken).toBeGreaterThan(301);
    client.end();
  });

  it('does not read a peer that does not read its answers, then answers all of them in order', async () => {
    const { served, client, bytesRead } = await open(echo, { highWater: 256 * kibibyte });
    await using _ = served;
    client.pause();
    const count = 300;
    for (let i = 0; i < count; i++) void client.write(frame);
    void client.write(textFrame('done'));
    let before = -1;
    while (bytesRead() > before) {
      before = bytesRead();
      await expectToServe(served);
    }
    expect(client.unsent).toBeGreaterThan(0);
    expect(bytesRead()).toBeLessThan(count * payload.length);
    client.resume();
    for (let i = 0; i < count; i++) expect((await client.frame()).payload.length).toBe(payload.length);
    expect(await client.text()).toBe('done');
    client.end();
  });

  it('gives up a peer that never reads, with maxBuffered as the bound (E06, E08)', async () => {
    const sessions = new Inbox<SessionRef>();
    const exits = new Inbox<SessionExit>();
    const limits = { maxBuffered: 512 * kibibyte };
    await using served = await serveOver(wire, {
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
    const client = await served.open();
    client.pause();
    const session = await sessions.next();
    let most = 0;
    while (send(session, binary(payload)) === 'sent') {
      most = Math.max(most, session.buffered);
      await new Promise(setImmediate);
    }
    expect(most).toBeLessThanOrEqual(limits.maxBuffered + 2 * payload.length);
    expect(await exits.next()).toEqual({ type: 'error', error: 'slowConsumer' });
    await served.server.sessions.empty();
    await expectToServe(served);
  });
});
