import { fromClient } from '../../support/raw-frame.ts';
import { Client } from './client.ts';
import type { IdleLoad, Target } from './load.ts';
import { fewAtATime, type Traffic } from './traffic.ts';

const greeting = fromClient({ opcode: 1, payload: 'good morning' });

/** Connections that say nothing, or nothing any more. */
export class IdleTraffic implements Traffic {
  readonly #load: IdleLoad;
  readonly #target: Target;
  completed = 0;

  constructor(load: IdleLoad, target: Target) {
    this.#load = load;
    this.#target = target;
  }

  async open(): Promise<void> {
    await fewAtATime(this.#load.connections, () => this.#connect());
    this.completed = this.#load.connections;
  }

  async #connect(): Promise<void> {
    const client = new Client(this.#target);
    await client.opened;
    if (!this.#load.greeting) return;
    await new Promise<void>((resolve) => {
      client.onBytes = () => resolve();
      client.write(greeting);
    });
  }

  start(): void {}

  async stop(): Promise<void> {}
}
