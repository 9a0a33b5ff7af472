import { channel } from 'node:diagnostics_channel';
import { metrics } from '@opentelemetry/api';
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { binary, defineHandler, listen, type Report, reportChannel, send, tell } from 'genws';
import { observeServer } from 'genws/opentelemetry';
import { afterEach, describe, expect, it } from 'vitest';
import { openRaw, upgradeRequest } from '../support/raw-client.ts';
import { echo, recordReports } from '../support/recording.ts';
import { serve } from '../support/served.ts';

/** Collects when a test says so. */
class Reader extends MetricReader {
  readonly #provider = new MeterProvider({ readers: [this] });
  readonly meter = this.#provider.getMeter('test');

  /** Every value by its instrument and attributes, `name direction=receive`. */
  async values(): Promise<Record<string, unknown>> {
    return Object.fromEntries(
      (await this.#metrics()).flatMap(({ descriptor: { name }, dataPoints }) =>
        dataPoints.map(({ attributes, value }): [string, unknown] => {
          const labels = Object.entries(attributes).map(([label, of]) => ` ${label}=${of}`);
          return [name.replace('genws.', '') + labels.join(''), value];
        }),
      ),
    );
  }

  /** Every instrument, with its kind and its unit. */
  async instruments(): Promise<string[]> {
    return (await this.#metrics()).map((data) => {
      const sum = data.dataPointType === DataPointType.SUM;
      const kind = !sum ? 'gauge' : data.isMonotonic ? 'counter' : 'updowncounter';
      return `${data.descriptor.name} ${kind} ${data.descriptor.unit}`;
    });
  }

  /** As the global one. */
  makeGlobal(): void {
    metrics.setGlobalMeterProvider(this.#provider);
  }

  async #metrics() {
    const { resourceMetrics, errors } = await this.collect();
    expect(errors).toEqual([]);
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  }

  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** A handler whose callbacks throw, or never settle. */
const difficult = (way: 'throws' | 'hangs') =>
  defineHandler({
    init: () => ['ok', null],
    handleIn: (_frame, state) => ['ok', state],
    handleInfo(_message: string) {
      if (way === 'throws') throw new Error(way);
      return new Promise<never>(() => {});
    },
  });

/** Send a request that is refused, and wait until its connection is gone. */
async function beRefused(port: number, wire: string): Promise<void> {
  using client = await openRaw({ port });
  await client.write(wire);
  await client.rest();
  await client.closed;
}

const noVersion = upgradeRequest({ headers: { 'Sec-WebSocket-Version': undefined } });

afterEach(() => metrics.disable());

describe('a server observed with OpenTelemetry', () => {
  it('counts its sessions, and what they send and receive', async () => {
    const reader = new Reader();
    await using served = await serve({ secure: false, handler: echo });
    using _observation = observeServer(served.server, { meter: reader.meter });
    const zero = await reader.values();
    expect(new Set(Object.values(zero))).toEqual(new Set([0]));

    using first = await served.visit();
    using second = await served.visit();
    await first.say('hello', 'again'); // 2 + 4 + 5 bytes each
    await second.say('hello');
    expect([await first.take(2), await second.take(1)].flat()).toHaveLength(3); // 2 + 5 bytes each
    expect(await reader.values()).toEqual({
      'session.count': 2,
      'session.started': 2,
      'session.crashed': 0,
      'session.messages network.io.direction=receive': 3,
      'session.messages network.io.direction=transmit': 3,
      'session.io network.io.direction=receive': 33,
      'session.io network.io.direction=transmit': 21,
      'session.buffered': 0,
      'session.mailbox': 0,
    });
  });

  it('has instruments with the units and kinds that OpenTelemetry has for them', async () => {
    const reader = new Reader();
    await using served = await serve({ secure: false, handler: echo });
    using _observation = observeServer(served.server, { meter: reader.meter });
    await beRefused(served.server.port, noVersion);
    expect(await reader.instruments()).toEqual([
      'genws.session.count updowncounter {session}',
      'genws.session.started counter {session}',
      'genws.session.crashed counter {session}',
      'genws.session.messages counter {message}',
      'genws.session.io counter By',
      'genws.session.buffered updowncounter By',
      'genws.session.mailbox updowncounter {message}',
      'genws.handshake.refused counter {handshake}',
    ]);
  });

  it('keeps the totals of sessions that have ended, up to their close frames, and of those that were killed', async () => {
    const reader = new Reader();
    await using served = await serve({ secure: false, handler: echo });
    using _observation = observeServer(served.server, { meter: reader.meter });
    using closed = await served.visit();
    await closed.say('hello');
    await closed.take(1);
    await closed.close(1000);
    await closed.take(1);
    await closed.session.exited();
    using killed = await served.visit();
    await killed.say('hello');
    await killed.take(1);
    const expected = {
      'session.started': 2,
      'session.messages network.io.direction=receive': 2,
      'session.messages network.io.direction=transmit': 3,
      'session.io network.io.direction=receive': 11 + 8 + 11,
      'session.io network.io.direction=transmit': 7 + 4 + 7,
    };
    expect(await reader.values()).toMatchObject({ 'session.count': 1, ...expected });
    served.server.exit({ type: 'exit', from: undefined, reason: { type: 'killed' } });
    await served.server.exited();
    expect(await reader.values()).toMatchObject({ 'session.count': 0, ...expected });
  });

  it('counts sessions whose handler has crashed', async () => {
    const reader = new Reader();
    await using served = await serve({ secure: false, handler: difficult('throws') });
    using _observation = observeServer(served.server, { meter: reader.meter });
    using visitor = await served.visit();
    const [session] = served.server.sessions.children();
    if (session !== undefined) tell(session, 'now');
    expect(await visitor.next()).toMatch(/^close 1011/);
    await visitor.leave();
    await session?.exited();
    expect(await reader.values()).toMatchObject({ 'session.count': 0, 'session.started': 1, 'session.crashed': 1 });
  });

  it('tells what waits for handlers, and what waits for the network', async () => {
    const reader = new Reader();
    await using served = await serve({ secure: false, handler: difficult('hangs') });
    using _observation = observeServer(served.server, { meter: reader.meter });
    using _first = await served.visit();
    using _second = await served.visit();
    const sessions = [...served.server.sessions.children()];
    for (const session of sessions) {
      for (const message of ['busy', 'waits', 'waits too']) tell(session, message);
      send(session, binary(new Uint8Array(12_000_000))); // more than the kernel takes
    }
    const collected = reader.values(); // what is observed is read at once
    const buffered = sessions.reduce((sum, session) => sum + session.buffered, 0);
    expect(buffered).toBeGreaterThan(1_000_000);
    expect(await collected).toMatchObject({ 'session.mailbox': 4, 'session.buffered': buffered });
    for (const session of sessions) session.stop();
  });

  it('counts refused handshakes by their codes, its own only', async () => {
    const reader = new Reader();
    const { logger } = recordReports();
    await using served = await serve({ secure: false, handler: echo });
    await using other = await listen({ host: '127.0.0.1', handler: echo, logger });
    using _observation = observeServer(served.server, { meter: reader.meter, attributes: { name: 'a' } });
    using _other = observeServer(other, { meter: reader.meter, attributes: { name: 'b' } });
    await beRefused(served.server.port, noVersion);
    await beRefused(served.server.port, noVersion);
    await beRefused(served.server.port, upgradeRequest({ headers: { 'Sec-WebSocket-Key': 'short' } }));
    await beRefused(served.server.port, 'no HTTP at all\r\n\r\n');
    await beRefused(other.port, noVersion);
    channel(reportChannel).publish('no report');
    channel(reportChannel).publish({ level: 'info', event: 'handshake.refused', text: '' } satisfies Report);
    const values = Object.entries(await reader.values()).filter(([name]) => name.startsWith('handshake'));
    expect(Object.fromEntries(values)).toEqual({
      'handshake.refused name=a error.type=unsupportedVersion': 2,
      'handshake.refused name=a error.type=badKey': 1,
      'handshake.refused name=a error.type=badRequest': 1,
      'handshake.refused name=b error.type=unsupportedVersion': 1,
    });
  });

  it('is no longer observed after stop, and nothing of it stays behind', async () => {
    const reader = new Reader();
    await using served = await serve({ secure: false, handler: echo });
    expect(channel(reportChannel).hasSubscribers).toBe(false);
    const observation = observeServer(served.server, { meter: reader.meter });
    expect(channel(reportChannel).hasSubscribers).toBe(true);
    using _visitor = await served.visit();
    expect(await reader.values()).toMatchObject({ 'session.count': 1 });
    observation.stop();
    observation.stop();
    expect(channel(reportChannel).hasSubscribers).toBe(false);
    using _later = await served.visit();
    expect(await reader.values()).toMatchObject({ 'session.count': 1 }); // as it was
  });

  it('is observed by the global meter provider unless told otherwise', async () => {
    const reader = new Reader();
    reader.makeGlobal();
    await using served = await serve({ secure: false, handler: echo });
    using _observation = observeServer(served.server);
    using _visitor = await served.visit();
    expect(await reader.values()).toMatchObject({ 'session.count': 1 });
  });

  it('costs nothing without a provider: the instruments of the API alone do nothing', async () => {
    await using served = await serve({ secure: false, handler: echo });
    using _observation = observeServer(served.server);
    using visitor = await served.visit();
    await visitor.say('hello');
    expect(await visitor.next()).toBe('text hello');
  });
});
