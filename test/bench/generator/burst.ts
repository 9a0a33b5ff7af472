import { fromClient, rawFrame } from '../../support/raw-frame.ts';
import { Client } from './client.ts';
import type { BurstLoad, Target } from './load.ts';
import type { Traffic } from './traffic.ts';

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `message ${i}`);

/** Sends numbered messages in one write, and compares every byte of what comes back: none lost, none out of order. */
export class BurstTraffic implements Traffic {
  readonly #client: Client;
  readonly #sent: Buffer;
  readonly #expected: Buffer;
  readonly #load: BurstLoad;
  #position = 0;
  #sending = false;
  #onDrained: () => void = () => {};
  completed = 0;

  constructor(load: BurstLoad, target: Target) {
    this.#load = load;
    const texts = numbered(load.messages);
    this.#sent = Buffer.concat(texts.map((payload) => fromClient({ opcode: 1, payload })));
    this.#expected = target.bare ? this.#sent : Buffer.concat(texts.map((payload) => rawFrame({ opcode: 1, payload })));
    this.#client = new Client(target);
    this.#client.onBytes = (bytes, length) => this.#receive(bytes.subarray(0, length));
  }

  open(): Promise<void> {
    return this.#client.opened;
  }

  start(): void {
    this.#sending = true;
    this.#client.write(this.#sent);
  }

  stop(): Promise<void> {
    this.#sending = false;
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  #receive(bytes: Uint8Array): void {
    const end = this.#position + bytes.length;
    if (!this.#expected.subarray(this.#position, end).equals(bytes)) throw new Error('not what was sent');
    this.#position = end % this.#expected.length;
    if (this.#position > 0) return;
    this.completed += this.#load.messages;
    if (this.#sending) this.#client.write(this.#sent);
    else this.#onDrained();
  }
}
