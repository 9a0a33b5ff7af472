import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Frame, listen, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { openRaw, textFrame, upgradeRequest } from '../support/raw-client.ts';
import { fromClient } from '../support/raw-frame.ts';
import { createRecording, recordReports } from '../support/recording.ts';
import { expectServing, listenWith, schemes } from '../support/serving.ts';
import { expectToServe, serveOver } from '../support/wire-server.ts';
import { wires } from '../support/wires.ts';

/** A handler whose `init` waits until it is told to go on. */
function createWaiting() {
  const begun = new Inbox<() => void>();
  const { handler, ...recording } = createRecording();
  return {
    ...recording,
    begun,
    handler: {
      ...handler,
      async init() {
        await new Promise<void>((resolve) => begun.push(resolve));
        return ['ok', undefined] as const;
      },
    },
  };
}

describe.each(schemes)('an init that takes its time after a handshake over $scheme', ({ secure }) => {
  it('loses nothing of what came with the handshake and after it, and reads next to nothing of it', async () => {
    const { handler, begun, frames } = createWaiting();
    await using server = await listen({ ...(await listenWith(secure)), handler });
    const accepted = once(server.http, secure ? 'secureConnection' : 'connection');
    using client = await openRaw({ port: server.port, secure });
    const [socket]: Socket[] = await accepted;
    const payload = Buffer.alloc(65_536, 'x');
    const flood = Buffer.concat([
      textFrame('first'),
      ...Array.from({ length: 256 }, () => fromClient({ opcode: 2, payload })),
      textFrame('last'),
    ]);
    const before = process.memoryUsage().arrayBuffers;
    client.socket.write(Buffer.concat([Buffer.from(upgradeRequest()), flood]));
    expect((await client.head()).startLine).toContain(' 101 ');
    const goOn = await begun.next();
    // Others are served meanwhile: there was time enough to read all of it.
    const other = expectServing(server, secure);
    (await begun.next())();
    await other;
    expect(await frames.take(2)).toEqual(['text still there?', 'close 1000 ""']);
    expect(socket?.bytesRead).toBeLessThan(512 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(flood.length + 2 * 1024 * 1024);
    expect(frames.length).toBe(0);
    goOn();
    expect(await frames.next()).toBe('text first');
    const hex = payload.toString('hex');
    for (let i = 0; i < 256; i++) expect((await frames.next()) === `binary ${hex}`).toBe(true);
    expect(await frames.next()).toBe('text last');
  });
});

describe.each(wires)('an init that takes its time, over $wire', ({ wire }) => {
  it('loses nothing of what came meanwhile, and holds the peer back', async () => {
    const { handler, begun, frames } = createWaiting();
    await using served = await serveOver(wire, { handler });
    using client = await served.open();
    const payload = Buffer.alloc(65_536, 'x');
    void client.write(textFrame('first'));
    for (let i = 0; i < 256; i++) void client.write(fromClient({ opcode: 2, payload }));
    void client.write(textFrame('last'));
    const goOn = await begun.next();
    // Others are served meanwhile: there was time enough to read all of it.
    const other = expectToServe(served);
    (await begun.next())();
    await other;
    expect(await frames.take(2)).toEqual(['text still there?', 'close 1000 ""']);
    expect([client.unsent > 0, frames.length]).toEqual([true, 0]);
    goOn();
    expect(await frames.next()).toBe('text first');
    const hex = payload.toString('hex');
    for (let i = 0; i < 256; i++) expect((await frames.next()) === `binary ${hex}`).toBe(true);
    expect(await frames.next()).toBe('text last');
  });

  it('keeps messages of other actors for later, behind the frames of its own reply', async () => {
    const waiting = new Inbox<() => void>();
    await using served = await serveOver(wire, {
      handler: {
        async init(_request, _opts, self) {
          self.send({ type: 'info', message: text('told meanwhile') });
          await new Promise<void>((resolve) => waiting.push(resolve));
          return ['reply', [text('welcome'), text('again')], undefined];
        },
        handleIn: () => ['ok', undefined],
        handleInfo: (frame: Frame) => ['reply', frame, undefined],
      },
    });
    using client = await served.open();
    (await waiting.next())();
    expect([await client.text(), await client.text(), await client.text()]).toEqual([
      'welcome',
      'again',
      'told meanwhile',
    ]);
  });

  it('is given up with 1011 at initTimeout, and the peer cut off', async () => {
    const { handler, exits } = createWaiting();
    const { logger, reports } = recordReports();
    const options = { handler, logger, initTimeout: 50, closeTimeout: 50 };
    await using served = await serveOver(wire, options);
    using client = await served.open();
    expect(await client.closeCode()).toBe(1011);
    expect(await client.closed).toBe('ended');
    await served.server.sessions.empty();
    expect(exits.length).toBe(0); // there was no state yet
    expect(reports.map(({ level, event }) => `${level} ${event}`)).toEqual(['warn session.timeout.init']);
  });

  it('hears by its signal that the session is over', async () => {
    const aborted = new Inbox<boolean>();
    await using served = await serveOver(wire, {
      closeTimeout: 50,
      handler: {
        async init(_request, _opts, { signal }) {
          await once(signal, 'abort');
          aborted.push(signal.aborted);
          return ['ok', undefined];
        },
        handleIn: () => ['ok', undefined],
      },
    });
    using client = await served.open();
    const stopped = served.server.stop();
    expect(await aborted.next()).toBe(true);
    expect(await client.closeCode()).toBe(1001);
    client.end();
    await stopped;
  });
});
