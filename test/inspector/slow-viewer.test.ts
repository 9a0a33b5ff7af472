import type { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { mountInspector } from '@genws/inspector';
import {
  createMemoryTransports,
  defineHandler,
  listen,
  type Server,
  type Session,
  type SessionRequest,
  startSession,
  text,
} from 'genws';
import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/inspected.ts';
import { MemoryMeter } from '../support/memory-growth.ts';
import { plainRequest } from '../support/memory-session.ts';
import { openWebSocket, textFrame } from '../support/raw-client.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const count = 50_000;
const mebibyte = 2 ** 20;
const logger = (): void => {};

/** Sends back what it is told. */
const echo = defineHandler<undefined, string>({
  init: () => ['ok', undefined],
  handleIn: (frame) => (frame.type === 'text' ? ['reply', text(frame.data), undefined] : ['ok', undefined]),
  handleInfo: (words) => ['reply', text(words), undefined],
});

/** Start many sessions in memory, some at a time. */
async function crowd(server: Server<string>): Promise<void> {
  const start = (path: string): Session<string> => {
    const [transport] = createMemoryTransports();
    const request: SessionRequest = { ...plainRequest, path };
    const options = { role: 'server', transport, handler: echo, handlerOpts: undefined, request, logger } as const;
    return startSession<undefined, string, unknown>(options);
  };
  for (let number = 0; number < count; number++) {
    server.sessions.startChild(() => start(`/many/${number}`)).send({ type: 'activate' });
    if (number % 1000 === 0) await wait(0);
  }
}

/** A viewer without a browser's means: it sends what it is to send, once it is there. */
async function openViewer(port: number, messages: readonly object[]) {
  const headers = { Host: `127.0.0.1:${port}`, 'Sec-WebSocket-Protocol': 'genws.inspector' };
  const viewer = await openWebSocket({ port }, { path: '/inspector/live', headers });
  await viewer.write(Buffer.concat(messages.map((message) => textFrame(JSON.stringify(message)))));
  return viewer;
}

/** Take what a viewer is told until it has been told of so many sessions. */
async function listAll(viewer: Viewer, sessions: number, told: () => Promise<void>): Promise<void> {
  for (let listed = 0; listed < sessions; ) {
    const { payload } = await viewer.frame();
    for (let at = payload.indexOf(mark); at !== -1; at = payload.indexOf(mark, at + 1)) listed++;
    await told();
    await viewer.write(ready);
  }
}

type Viewer = Awaited<ReturnType<typeof openViewer>>;

const ready = textFrame('{"type":"ready"}');
const watchAgain = textFrame('{"type":"watch","view":"sessions","on":true}');

/** Stands once in each row. */
const mark = Buffer.from('"path":"/many/');

/** How long the turns of the event loop took while something was done, ms. */
async function turnsDuring(work: () => Promise<unknown>) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await work();
  delay.disable();
  return { p99: delay.percentile(99) / 1e6, longest: delay.max / 1e6 };
}

/** Writes down what each turn of an interval set from here on costs, ms of the processor: others may be busy, too. */
function meterIntervals() {
  const costs: number[] = [];
  const set = globalThis.setInterval;
  const spy = vi.spyOn(globalThis, 'setInterval').mockImplementation((callback, ms) =>
    set(() => {
      const before = process.cpuUsage();
      callback();
      const { user, system } = process.cpuUsage(before);
      costs.push((user + system) / 1000);
    }, ms),
  );
  return { costs, end: () => spy.mockRestore() };
}

/** How long an echo takes, again and again, ms. */
async function echoes(client: Awaited<ReturnType<typeof openWebSocket>>, times: number): Promise<number[]> {
  const taken: number[] = [];
  for (let time = 0; time < times; time++) {
    const began = performance.now();
    await client.write(textFrame(`${time}`));
    expect(await client.text()).toBe(`${time}`);
    taken.push(performance.now() - began);
    await wait(5);
  }
  return taken.sort((a, b) => a - b);
}

const median = (sorted: readonly number[]): number => sorted[sorted.length >> 1] ?? 0;

const watchAll = ['sessions', 'tree', 'groups', 'runtime'].map((view) => ({ type: 'watch', view, on: true }));

describe('an inspector of 50,000 sessions', () => {
  it('J13: holds little for viewers that are slow, and holds up nobody', async () => {
    await using server = await listen({ host: '127.0.0.1', handler: echo, logger });
    const sockets: Socket[] = [];
    server.http.on('connection', (socket: Socket) => sockets.push(socket));
    await using _inspector = await mountInspector(server, { servers: { main: server } });
    await crowd(server);
    using client = await openWebSocket({ port: server.port });
    await echoes(client, 20);
    const meter = await MemoryMeter.start();
    let before: number[] = [];
    const baseline = await turnsDuring(async () => {
      before = await echoes(client, 300);
    });

    const { costs, end } = meterIntervals();
    const silent = await openViewer(server.port, watchAll);
    const deaf = await openViewer(server.port, [...watchAll, ...Array(50).fill({ type: 'ready' })]);
    for (const viewer of [silent, deaf]) viewer.pause();
    const eager = await openViewer(server.port, watchAll);
    let unread = 0;
    let largest: Buffer = Buffer.alloc(0);
    let after: number[] = [];
    const watched = await turnsDuring(async () => {
      const listing = listAll(eager, count, async () => {
        await deaf.write(Buffer.concat([watchAgain, ready]));
        for (const { writableLength } of sockets) unread = Math.max(unread, writableLength);
      });
      after = await echoes(client, 300);
      await listing;
      await eager.write(Buffer.concat([watchAgain, ready])); // all of them are known by now
      do largest = (await eager.frame()).payload;
      while (!largest.includes(mark));
    });
    const { heap, external } = await meter.held();
    for (const viewer of [silent, deaf, eager]) viewer.reset();
    await eventually(() => sockets.filter(({ destroyed }) => !destroyed).length === 1);
    end(); // it holds on to the callbacks, too
    const left = await meter.held();
    process.stdout.write(
      `50,000 sessions: the inspector takes up to ${Math.max(...costs).toFixed(0)} ms at a time; turns of the event loop up to ${watched.longest.toFixed(0)} ms (99 %: ${watched.p99.toFixed(0)}), ` +
        `unwatched ${baseline.longest.toFixed(0)} (${baseline.p99.toFixed(0)}); an echo takes ${median(after).toFixed(1)} ms, ` +
        `unwatched ${median(before).toFixed(1)}; ${(heap / mebibyte).toFixed(0)} MiB held, afterwards ` +
        `${(left.heap / mebibyte).toFixed(0)}; up to ${(unread / mebibyte).toFixed(1)} MiB unread\n`,
    );
    expect(costs.length).toBeGreaterThan(100);
    expect(Math.max(...costs)).toBeLessThan(50);
    expect(median(after)).toBeLessThan(20 + 5 * median(before));
    expect(heap).toBeLessThan(50 * mebibyte);
    expect(external).toBeLessThan(8 * mebibyte);
    expect(largest.length).toBeLessThan(mebibyte);
    expect(unread).toBeLessThan(2 * mebibyte);
    expect(left.heap).toBeLessThan(8 * mebibyte);
    expect(server.sessions.count).toBe(count + 1);
    await server.stop({ deadline: 0 });
  }, 60_000);
});
