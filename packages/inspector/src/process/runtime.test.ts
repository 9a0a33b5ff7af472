import { setTimeout as wait } from 'node:timers/promises';
import { send } from '@genws/session';
import { text } from 'genws';
import { describe, expect, it } from 'vitest';
import { createServer, crowd, hideAll, quiet, sourcesOf, startQuiet } from '../session.fixture.ts';
import { Census } from '../sessions/census.ts';
import { RuntimeProbe } from './runtime.ts';

/** A probe of a process with one server. */
function begin() {
  const server = createServer();
  const sources = sourcesOf({ servers: { main: server } });
  const census = new Census(sources, hideAll);
  return { server, census, probe: new RuntimeProbe(sources, census) };
}

/** Keep the event loop from turning until so many ms of the processor are used, however few of them there are to be had. */
function block(ms: number): void {
  const before = process.cpuUsage();
  for (let used = 0; used < ms; ) {
    const { user, system } = process.cpuUsage(before);
    used = (user + system) / 1000;
  }
}

describe('a sample of the process', () => {
  it('tells how late the event loop was, and how busy the processor', async () => {
    const { probe } = begin();
    await wait(30);
    probe.sample();
    const began = performance.now();
    await wait(30);
    block(200);
    await wait(30);
    const busy = probe.sample();
    const seconds = (performance.now() - began) / 1000;
    expect(busy.delayP99).toBeGreaterThan(150);
    expect(busy.delayP50).toBeLessThan(busy.delayP99);
    expect(busy.cpu * seconds).toBeGreaterThan(0.19);
    await wait(100);
    const idle = probe.sample();
    expect(idle.delayP99).toBeLessThan(busy.delayP99);
    expect([idle.delayP50 >= 0, idle.cpu >= 0]).toEqual([true, true]);
    probe.stop();
  });

  it('tells what memory is used, and when it was taken', () => {
    const { probe } = begin();
    const before = Date.now();
    const { at, heap, rss } = probe.sample();
    expect(at).toBeGreaterThanOrEqual(before);
    expect(heap).toBeGreaterThan(2 ** 20);
    expect(rss).toBeGreaterThan(heap);
    probe.stop();
  });

  it('tells how many sessions there are, and how many have come since the last one, a second', async () => {
    const { probe, server } = begin();
    probe.sample();
    const began = performance.now();
    crowd(server, 40);
    await wait(50);
    const first = probe.sample();
    const seconds = (performance.now() - began) / 1000;
    expect(first.sessions).toBe(40);
    expect(Math.abs(first.connections * seconds - 40)).toBeLessThan(4);
    for (const session of server.sessions.children()) session.stop();
    expect(probe.sample()).toMatchObject({ sessions: 0, connections: 0 });
    probe.stop();
  });

  it('tells how many messages have passed through sessions, a second', async () => {
    const { probe, server, census } = begin();
    const session = server.add(startQuiet());
    const end = census.listen({ changed: () => {}, gone: () => {} });
    await wait(300);
    expect(probe.sample()).toMatchObject({ messagesIn: 0, messagesOut: 0 });
    const began = performance.now();
    send(session, [text('one'), text('two'), text('three')]);
    await quiet();
    await wait(300);
    const { messagesIn, messagesOut } = probe.sample();
    expect([messagesIn, Math.round((messagesOut * (performance.now() - began)) / 1000)]).toEqual([0, 3]);
    expect(probe.sample().messagesOut).toBe(0);
    end();
    probe.stop();
  });
});
