import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { isReport, reportChannel } from '@genws/actor';
import { type SessionStatistics, statistics } from '@genws/session';
import { type Attributes, type BatchObservableCallback, type Meter, metrics, ValueType } from '@opentelemetry/api';
import { portOf } from './server/http-side.ts';
import type { Server } from './server/server.ts';

/** How to observe a server. */
export interface ObserveOptions {
  /**
   * Makes the instruments. Default: the one named `genws` of the global meter provider, which has to be set before,
   * or nothing is ever collected.
   */
  readonly meter?: Meter | undefined;
  /** What every value carries: `{ 'server.port': server.port }` tells two servers apart. Default: nothing. */
  readonly attributes?: Attributes | undefined;
}

/** A server being observed. */
export interface Observation extends Disposable {
  /** Read nothing of the server any more. Its end alone does not do that, as what it ended with is yet to be collected. */
  stop(): void;
}

/**
 * Measure a server with OpenTelemetry. Values are read when a reader collects them: that takes time in proportion to
 * the sessions alive, and messages cost nothing more. What sessions sent and received that had ended before is not
 * known; sessions started and crashed count from the server's start, refused handshakes from here on.
 *
 * | instrument                | kind          | unit          | attributes             |
 * | ------------------------- | ------------- | ------------- | ---------------------- |
 * | `genws.session.count`     | UpDownCounter | `{session}`   |                        |
 * | `genws.session.started`   | Counter       | `{session}`   |                        |
 * | `genws.session.crashed`   | Counter       | `{session}`   |                        |
 * | `genws.session.messages`  | Counter       | `{message}`   | `network.io.direction` |
 * | `genws.session.io`        | Counter       | `By`          | `network.io.direction` |
 * | `genws.session.buffered`  | UpDownCounter | `By`          |                        |
 * | `genws.session.mailbox`   | UpDownCounter | `{message}`   |                        |
 * | `genws.handshake.refused` | Counter       | `{handshake}` | `error.type`           |
 */
export function observeServer<Info>(
  server: Server<Info>,
  { meter = metrics.getMeter('genws'), attributes = {} }: ObserveOptions = {},
): Observation {
  const instruments = createInstruments(meter);
  const observed = Object.values(instruments);
  const received = { ...attributes, 'network.io.direction': 'receive' };
  const transmitted = { ...attributes, 'network.io.direction': 'transmit' };
  const refusals = new Map<string, number>();
  const ended = new Traffic();

  const collect: BatchObservableCallback = (result) => {
    const traffic = new Traffic(ended);
    let buffered = 0;
    let mailbox = 0;
    for (const session of server.sessions.children()) {
      traffic.add(statistics(session));
      buffered += session.buffered;
      mailbox += session.load.mailbox;
    }
    const { started, crashed } = server.sessions.getSnapshot().context;
    result.observe(instruments.sessions, server.sessions.count, attributes);
    result.observe(instruments.started, started, attributes);
    result.observe(instruments.crashed, crashed, attributes);
    result.observe(instruments.messages, traffic.messagesIn, received);
    result.observe(instruments.messages, traffic.messagesOut, transmitted);
    result.observe(instruments.io, traffic.bytesIn, received);
    result.observe(instruments.io, traffic.bytesOut, transmitted);
    result.observe(instruments.buffered, buffered, attributes);
    result.observe(instruments.mailbox, mailbox, attributes);
    for (const [code, count] of refusals)
      result.observe(instruments.refused, count, { ...attributes, 'error.type': code });
  };
  const onReport = (report: unknown): void => {
    if (!isReport(report) || report.event !== 'handshake.refused' || report.fields?.port !== portOf(server.http))
      return;
    const code = String(report.fields?.code);
    refusals.set(code, (refusals.get(code) ?? 0) + 1);
  };

  const forget = server.sessions.onDown(({ target }) => ended.add(statistics(target)));
  subscribe(reportChannel, onReport);
  meter.addBatchObservableCallback(collect, observed);
  const stop = (): void => {
    forget();
    unsubscribe(reportChannel, onReport);
    meter.removeBatchObservableCallback(collect, observed);
  };
  return { stop, [Symbol.dispose]: stop };
}

/** What has passed through sessions. */
class Traffic implements Omit<SessionStatistics, 'uptime'> {
  messagesIn = 0;
  messagesOut = 0;
  bytesIn = 0;
  bytesOut = 0;

  constructor(before?: Traffic) {
    if (before !== undefined) this.add(before);
  }

  add({ messagesIn, messagesOut, bytesIn, bytesOut }: Omit<SessionStatistics, 'uptime'>): void {
    this.messagesIn += messagesIn;
    this.messagesOut += messagesOut;
    this.bytesIn += bytesIn;
    this.bytesOut += bytesOut;
  }
}

function createInstruments(meter: Meter) {
  const counter = (name: string, unit: string, description: string) =>
    meter.createObservableCounter(name, { unit, description, valueType: ValueType.INT });
  const level = (name: string, unit: string, description: string) =>
    meter.createObservableUpDownCounter(name, { unit, description, valueType: ValueType.INT });
  return {
    sessions: level('genws.session.count', '{session}', 'Sessions alive.'),
    started: counter('genws.session.started', '{session}', 'Sessions ever started.'),
    crashed: counter('genws.session.crashed', '{session}', 'Sessions whose handler has failed.'),
    messages: counter(
      'genws.session.messages',
      '{message}',
      'Messages received; frames sent, control frames included.',
    ),
    io: counter('genws.session.io', 'By', 'Bytes on the connections, without handshakes and TLS.'),
    buffered: level('genws.session.buffered', 'By', 'Bytes sent that have not reached the network.'),
    mailbox: level('genws.session.mailbox', '{message}', 'Messages that wait for handlers.'),
    refused: counter('genws.handshake.refused', '{handshake}', 'Requests that could not become a WebSocket.'),
  };
}
