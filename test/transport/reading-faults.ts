import type { TransportEvent, TransportOwner } from '@genws/session';
import { Delegate } from './delegate.ts';

/** Reads one batch more than it may. */
export class Greedy extends Delegate {
  override activate(batches: number): void {
    super.activate(batches + 1);
  }
}

/** Reads as soon as it has an owner. */
export class Hasty extends Delegate {
  override handOver(owner: TransportOwner): void {
    super.handOver(owner);
    super.activate(Number.POSITIVE_INFINITY);
  }
}

/** Adds up what is allowed, instead of counting anew. */
export class Adding extends Delegate {
  #allowed = 0;

  override activate(batches: number): void {
    this.#allowed = batches === 0 || this.#allowed === Number.POSITIVE_INFINITY ? batches : this.#allowed + batches;
    super.activate(this.#allowed);
  }

  protected override hear(event: TransportEvent): void {
    if (event.type === 'transport.data') this.#allowed--;
    super.hear(event);
  }
}

/** Does not listen while it tells something. */
export class Deaf extends Delegate {
  #telling = false;

  override activate(batches: number): void {
    if (!this.#telling) super.activate(batches);
  }

  protected override hear(event: TransportEvent): void {
    this.#telling = true;
    super.hear(event);
    this.#telling = false;
  }
}

/** Reads all there is, and keeps it until it is asked for. */
export class Hoarding extends Delegate {
  readonly #hoard: TransportEvent[] = [];
  #allowed = 0;
  #scheduled = false;

  override activate(batches: number): void {
    this.#allowed = batches;
    super.activate(Number.POSITIVE_INFINITY);
    this.#deliver();
  }

  override abort(): void {
    this.#hoard.length = 0;
    super.abort();
  }

  protected override hear(event: TransportEvent): void {
    this.#hoard.push(event);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (let event = this.#hoard[0]; event !== undefined; event = this.#hoard[0]) {
        if (event.type === 'transport.data' && this.#allowed-- <= 0) break;
        this.#hoard.shift();
        this.tell(event);
      }
    });
  }
}

/** Delivers each batch in the same piece of memory. */
export class Thrifty extends Delegate {
  readonly #memory = new Uint8Array(1024 * 1024);

  protected override hear(event: TransportEvent): void {
    if (event.type === 'transport.data' && event.bytes.length <= this.#memory.length) {
      this.#memory.set(event.bytes);
      super.hear({ type: 'transport.data', bytes: this.#memory.subarray(0, event.bytes.length) });
    } else super.hear(event);
  }
}

/** Delivers bytes later than the end that comes after them. */
export class Belated extends Delegate {
  protected override hear(event: TransportEvent): void {
    if (event.type === 'transport.data') setImmediate(() => super.hear(event));
    else super.hear(event);
  }
}

/** Reads on while nobody receives, and forgets that. */
export class Absent extends Delegate {
  override async receive(): Promise<Uint8Array | undefined> {
    const bytes = await super.receive();
    super.receive();
    return bytes;
  }
}

/** Receives no end. */
export class Endless extends Delegate {
  override async receive(): Promise<Uint8Array | undefined> {
    return (await super.receive()) ?? new Promise<never>(() => {});
  }
}

/** Has no receive. */
export class Mute extends Delegate {
  constructor(inner: ConstructorParameters<typeof Delegate>[0]) {
    super(inner);
    Object.defineProperty(this, 'receive', { value: undefined });
  }
}
