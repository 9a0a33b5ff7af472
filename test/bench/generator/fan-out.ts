import { Client } from './client.ts';
import { FrameCounter } from './frame-counter.ts';
import type { FanOutLoad, Target } from './load.ts';
import { Messages } from './messages.ts';
import { fewAtATime, type Traffic } from './traffic.ts';

/** One connection sends, all receive; the next message goes when all have the last. */
export class FanOutTraffic implements Traffic {
  readonly #load: FanOutLoad;
  readonly #target: Target;
  readonly #messages: Messages;
  #clients: Client[] = [];
  #sending = false;
  #missing = 0;
  #onDrained: () => void = () => {};
  completed = 0;

  constructor(load: FanOutLoad, target: Target) {
    this.#load = load;
    this.#target = target;
    this.#messages = new Messages(load.content, 1);
  }

  async open(): Promise<void> {
    this.#clients = await fewAtATime(this.#load.connections, async () => {
      const client = new Client(this.#target, { path: '/fanout' });
      const frames = new FrameCounter();
      client.onBytes = (bytes, length) => this.#receive(frames.count(bytes, length));
      await client.opened;
      return client;
    });
  }

  start(): void {
    this.#sending = true;
    this.#send();
  }

  stop(): Promise<void> {
    this.#sending = false;
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  #send(): void {
    this.#missing = this.#load.connections;
    this.#clients[0]?.write(this.#messages.run(0, 1));
  }

  #receive(count: number): void {
    this.completed += count;
    this.#missing -= count;
    if (this.#missing > 0) return;
    if (this.#sending) this.#send();
    else this.#onDrained();
  }
}
