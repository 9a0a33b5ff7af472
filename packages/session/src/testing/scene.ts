import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Transport } from '../transport.ts';
import { assertSameStream } from './stream-bytes.ts';
import type { TransportFeature, TransportPair } from './transport-pair.ts';
import type { TransportPeer } from './transport-peer.ts';
import { Witness } from './witness.ts';

/** More than any layer below a transport holds of its own accord, bytes. */
const tooMuch = 64 * 1024 * 1024;

const turns = 20;

/** A pair on which one case of the contract is played. Whatever it waits for has to come before its deadline. */
export class Scene {
  readonly near: Transport;
  readonly witness = new Witness();
  readonly #pair: TransportPair;
  readonly #deadline: number;
  #heardByFar = 0;

  constructor(pair: TransportPair, patience: number) {
    this.#pair = pair;
    this.near = pair.near;
    this.#deadline = performance.now() + patience;
  }

  get far(): TransportPeer {
    return this.#pair.far;
  }

  lacks(feature: TransportFeature): boolean {
    return this.#pair.lacks?.includes(feature) ?? false;
  }

  /** Let the witness own the transport, and read if batches are given. */
  own(batches?: number): void {
    this.near.handOver(this.witness.owner);
    if (batches !== undefined) this.near.activate(batches);
  }

  /** Give whatever is under way the time to arrive. */
  async settle(): Promise<void> {
    if (this.#pair.settle !== undefined) return this.#pair.settle();
    for (let turn = 0; turn < turns; turn++) await setImmediate();
  }

  /** Wait until something holds. */
  async until(what: string, holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.witness.failure !== undefined) throw this.witness.failure;
      if (performance.now() > this.#deadline) assert.fail(`it never came to pass that ${what}; ${this.#summary}`);
      await setImmediate();
    }
  }

  /** What a promise resolves with. */
  async awaited<T>(what: string, promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    promise.then(settle, settle);
    await this.until(what, () => settled);
    return promise;
  }

  /** What a case awaits later, or not at all when it fails before. */
  begin<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    return promise;
  }

  /** Let the far end write. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.awaited(`the peer could write ${bytes.length} bytes`, this.far.write(bytes));
  }

  /** Let the far end read what it is to get: these bytes, and nothing beyond. */
  async expectAtFar(expected: Uint8Array): Promise<void> {
    const batches: Uint8Array[] = [];
    let length = 0;
    while (length < expected.length) {
      const wanted = `the peer got ${expected.length} bytes, and not ${length}`;
      const bytes = await this.awaited(wanted, this.far.read());
      if (bytes === undefined) break;
      batches.push(bytes);
      length += bytes.length;
    }
    this.#heardByFar += length;
    assertSameStream(batches, expected, 'at the peer');
  }

  /** Let the far end read the end of the stream. */
  async expectEndAtFar(): Promise<void> {
    const bytes = await this.awaited('the peer heard the end', this.far.read());
    assert.equal(bytes, undefined, `the peer heard ${bytes?.length} bytes instead of the end`);
  }

  /** Let the far end read until there is no more, however that comes. */
  async expectNoMoreAtFar(): Promise<void> {
    const drain = async (): Promise<void> => {
      while ((await this.far.read()) !== undefined);
    };
    await this.awaited(
      'the peer saw the end of the connection',
      drain().catch(() => {}),
    );
  }

  /** Wait for bytes at the near end: these, and nothing beyond. */
  async expectAtNear(expected: Uint8Array): Promise<void> {
    const { witness } = this;
    await this.until(`the owner got ${expected.length} bytes`, () => witness.length >= expected.length || witness.over);
    assertSameStream(witness.batches, expected, 'at the owner');
  }

  /** Wait for the last event; then these have come, and no other. */
  async expectNews(types: readonly string[]): Promise<void> {
    const { witness } = this;
    const last = types.at(-1) ?? '';
    await this.until(`the owner was told ${last}`, () => witness.over || witness.types.includes(last));
    await this.settle();
    assert.deepEqual(witness.types, types, 'the events that the owner was told beside data');
  }

  /** Write to a peer that does not read until the transport is congested for good; how many bytes that took. */
  async congest(chunk: Uint8Array): Promise<number> {
    const { length } = chunk;
    for (let sent = length; sent < tooMuch; sent += length) {
      this.near.send([chunk]);
      await this.settle();
      if (this.near.congested) return sent;
    }
    return assert.fail(`the peer does not read, and after ${tooMuch} bytes congested is still false`);
  }

  /** Let the far end write until nobody takes it; how many bytes that took. */
  async stall(chunk: Uint8Array): Promise<number> {
    const { length } = chunk;
    for (let written = length; written < tooMuch; written += length) {
      let taken = false;
      let failure: unknown;
      this.far.write(chunk).then(
        () => {
          taken = true;
        },
        (error: unknown) => {
          failure = error;
        },
      );
      for (let pause = 0; pause < 5 && !taken; pause++) await this.settle();
      assert.equal(failure, undefined, `the peer could not write: ${failure}`);
      if (!taken) return written;
    }
    return assert.fail(`not read, it has taken ${tooMuch} bytes from the peer: nothing holds the peer back`);
  }

  /** Let go of both ends, whatever state they are in. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const letGo of [() => this.near.abort(), () => this.far.reset()]) {
      try {
        letGo();
      } catch {
        // What could not be ended is not what the case is about.
      }
    }
    await this.#pair.close?.();
  }

  get #summary(): string {
    const { batches, length, types } = this.witness;
    const told = types.length === 0 ? 'nothing' : types.join(', ');
    return `the owner was told ${told} and got ${length} bytes in ${batches.length} batches, the peer got ${this.#heardByFar}`;
  }
}
