import type { TransportOwner } from '@genws/session';
import { Delegate } from './delegate.ts';

/** Hands over what it is sent at the end of the turn, the last first. */
export class Upside extends Delegate {
  #waiting: Uint8Array[] = [];

  override send(chunks: readonly Uint8Array[]): void {
    this.#waiting.unshift(...chunks.map((chunk) => new Uint8Array(chunk)));
    queueMicrotask(() => this.#flush());
  }

  override close(): void {
    this.#flush();
    super.close();
  }

  #flush(): void {
    if (this.#waiting.length > 0) super.send(this.#waiting);
    this.#waiting = [];
  }
}

/** Hands over what it is sent at the end of the turn, and forgets that when it is closed. */
export class Forgetful extends Delegate {
  #waiting: Uint8Array[] = [];

  override send(chunks: readonly Uint8Array[]): void {
    this.#waiting.push(...chunks);
    queueMicrotask(() => {
      super.send(this.#waiting);
      this.#waiting = [];
    });
  }

  override close(): void {
    this.#waiting = [];
    super.close();
  }
}

/** Writes nothing before it has an owner. */
export class Shy extends Delegate {
  #owned = false;

  override handOver(owner: TransportOwner): void {
    this.#owned = true;
    super.handOver(owner);
  }

  override send(chunks: readonly Uint8Array[]): void {
    if (this.#owned) super.send(chunks);
  }
}

/** Takes an empty chunk for the end of a send. */
export class Terse extends Delegate {
  override send(chunks: readonly Uint8Array[]): void {
    const empty = chunks.findIndex(({ length }) => length === 0);
    super.send(empty === -1 ? chunks : chunks.slice(0, empty));
  }
}

/** Has 16 bits for the length of a chunk. */
export class Short extends Delegate {
  override send(chunks: readonly Uint8Array[]): void {
    super.send(chunks.map((chunk) => (chunk.length < 65_536 ? chunk : chunk.subarray(0, chunk.length % 65_536))));
  }
}

/** Takes away what it is sent. */
export class Taking extends Delegate {
  override send(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      super.send([chunk]);
      if (!(chunk.buffer instanceof ArrayBuffer) || chunk.buffer.detached) continue;
      structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
    }
  }
}

/** Never says that anything waits. */
export class Carefree extends Delegate {
  override get buffered(): number {
    return 0;
  }
}

/** Says that it has copied what it still looks at. */
export class Boastful extends Delegate {
  readonly copied = true;
  #waiting: Uint8Array[] = [];

  override get buffered(): number {
    return super.buffered && super.buffered + Buffer.concat(this.#waiting).length;
  }

  override send(chunks: readonly Uint8Array[]): void {
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush());
    this.#waiting.push(...chunks);
  }

  override close(): void {
    this.#flush();
    super.close();
  }

  #flush(): void {
    super.send(this.#waiting);
    this.#waiting = [];
  }
}
