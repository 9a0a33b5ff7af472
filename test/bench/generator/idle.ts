import { Client } from './client.ts';
import type { IdleLoad, Target } from './load.ts';
import { fewAtATime, type Traffic } from './traffic.ts';

/** Connections that say nothing. */
export class IdleTraffic implements Traffic {
  readonly #load: IdleLoad;
  readonly #target: Target;
  completed = 0;

  constructor(load: IdleLoad, target: Target) {
    this.#load = load;
    this.#target = target;
  }

  async open(): Promise<void> {
    await fewAtATime(this.#load.connections, () => new Client(this.#target).opened);
    this.completed = this.#load.connections;
  }

  start(): void {}

  async stop(): Promise<void> {}
}
