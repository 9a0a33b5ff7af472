import type { ClientHttp2Session } from 'node:http2';
import { Client } from './client.ts';
import { FrameCounter } from './frame-counter.ts';
import { Http2Client, openHttp2 } from './http2-client.ts';
import type { EchoLoad, Target } from './load.ts';
import { Messages } from './messages.ts';
import { fewAtATime, RoundTrips, type Traffic } from './traffic.ts';

/** What all connections of a load share. */
class EchoTally {
  readonly load: EchoLoad;
  readonly target: Target;
  readonly messages: Messages;
  readonly roundTrips = new RoundTrips();
  sending = false;
  completed = 0;
  underWay = 0;
  onDrained: () => void = () => {};

  constructor(load: EchoLoad, target: Target) {
    this.load = load;
    this.target = target;
    this.messages = new Messages(load.content, load.depth);
  }
}

/** One connection: sends a message for each one that comes back. */
class EchoConnection {
  readonly #tally: EchoTally;
  readonly #client: Client | Http2Client;
  readonly #frames = new FrameCounter();
  #bytesLeftOver = 0;
  #position: number;
  #sentAt = 0;

  /** @param shared the connection of which it is a stream */
  constructor(tally: EchoTally, index: number, shared: ClientHttp2Session | undefined) {
    this.#tally = tally;
    // Each begins elsewhere, or all would be busy with the same messages at the same time.
    this.#position = index * 7;
    const { target, load } = tally;
    const compress = load.content.form === 'json';
    this.#client =
      shared === undefined ? new Client(target, { path: load.path, compress }) : new Http2Client(shared, load.path);
    const count = tally.target.bare ? this.#countBare : this.#countFrames;
    this.#client.onBytes = (bytes, length) => this.#receive(count.call(this, bytes, length));
  }

  async opened(): Promise<this> {
    await this.#client.opened;
    return this;
  }

  send(count: number): void {
    const { load, messages } = this.#tally;
    this.#tally.underWay += count;
    if (load.depth === 1) this.#sentAt = performance.now();
    this.#client.write(messages.run(this.#position, count));
    this.#position += count;
  }

  #countBare(_bytes: Uint8Array, length: number): number {
    const { frameLength } = this.#tally.messages;
    const total = this.#bytesLeftOver + length;
    this.#bytesLeftOver = total % frameLength;
    return Math.floor(total / frameLength);
  }

  #countFrames(bytes: Uint8Array, length: number): number {
    const count = this.#frames.count(bytes, length);
    if (this.#tally.load.content.form === 'json' && !this.#frames.compressed) throw new Error('not compressed');
    return count;
  }

  #receive(count: number): void {
    const tally = this.#tally;
    if (count === 0) return;
    tally.completed += count;
    tally.underWay -= count;
    if (tally.load.depth === 1) tally.roundTrips.add(1000 * (performance.now() - this.#sentAt));
    if (tally.sending) this.send(count);
    else if (tally.underWay === 0) tally.onDrained();
  }
}

/** Each connection has so many messages under way, and sends a message for each one that returns. */
export class EchoTraffic implements Traffic {
  readonly #tally: EchoTally;
  #connections: EchoConnection[] = [];

  constructor(load: EchoLoad, target: Target) {
    this.#tally = new EchoTally(load, target);
  }

  get completed(): number {
    return this.#tally.completed;
  }

  get roundTrips(): RoundTrips {
    return this.#tally.roundTrips;
  }

  async open(): Promise<void> {
    const { load, target } = this.#tally;
    const shared = load.multiplexed ? await openHttp2(target) : undefined;
    this.#connections = await fewAtATime(load.connections, (index) =>
      new EchoConnection(this.#tally, index, shared).opened(),
    );
  }

  start(): void {
    this.#tally.sending = true;
    for (const connection of this.#connections) connection.send(this.#tally.load.depth);
  }

  stop(): Promise<void> {
    this.#tally.sending = false;
    return new Promise((resolve) => {
      this.#tally.onDrained = resolve;
    });
  }
}
