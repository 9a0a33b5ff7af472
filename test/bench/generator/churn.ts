import { closeFrame } from '../../support/raw-client.ts';
import { Client } from './client.ts';
import type { ChurnLoad, Target } from './load.ts';
import type { Traffic } from './traffic.ts';

const goodbye = closeFrame(1000);

/** Connect, ask for a WebSocket, do the closing handshake (RFC 6455 §7.1.2), and begin anew; so many at a time. */
export class ChurnTraffic implements Traffic {
  readonly #load: ChurnLoad;
  readonly #target: Target;
  #lives: Promise<void>[] = [];
  #going = false;
  completed = 0;

  constructor(load: ChurnLoad, target: Target) {
    this.#load = load;
    this.#target = target;
  }

  async open(): Promise<void> {}

  start(): void {
    this.#going = true;
    this.#lives = Array.from({ length: this.#load.connections }, () => this.#comeAndGo());
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#lives);
  }

  async #comeAndGo(): Promise<void> {
    while (this.#going) {
      const client = new Client(this.#target);
      await client.opened;
      let answered = false;
      client.onBytes = (bytes) => {
        answered ||= bytes[0] === 0x88;
      };
      const closed = Promise.withResolvers<void>();
      client.onClose = closed.resolve;
      client.leave(goodbye);
      await closed.promise;
      if (!answered) throw new Error('the server has not answered the close frame');
      this.completed++;
    }
  }
}
