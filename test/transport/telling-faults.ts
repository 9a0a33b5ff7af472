import type { TransportEvent } from '@genws/session';
import { Delegate } from './delegate.ts';

/** Is congested, and does not say when that is over. */
export class Silent extends Delegate {
  protected override hear(event: TransportEvent): void {
    if (event.type !== 'transport.drained') super.hear(event);
  }
}

/** Says twice that it is closed. */
export class Stammering extends Delegate {
  protected override hear(event: TransportEvent): void {
    super.hear(event);
    if (event.type === 'transport.closed') super.hear(event);
  }
}

/** Does not say that it is closed. */
export class Discreet extends Delegate {
  protected override hear(event: TransportEvent): void {
    if (event.type !== 'transport.closed') super.hear(event);
  }
}

/** Tells that there is room from within what it is asked. */
export class Chatty extends Delegate {
  override send(chunks: readonly Uint8Array[]): void {
    super.send(chunks);
    this.tell({ type: 'transport.drained' });
  }
}

/** Calls a second close an error, and what is sent after the first. */
export class Strict extends Delegate {
  #closed = false;

  override send(chunks: readonly Uint8Array[]): void {
    if (this.#closed) throw new Error('write after end');
    super.send(chunks);
  }

  override close(): void {
    if (this.#closed) throw new Error('closed already');
    this.#closed = true;
    super.close();
  }
}

/** Closes both directions when it is to close one. */
export class Rash extends Delegate {
  override close(): void {
    super.abort();
  }
}

/** Closes in good order when it is to let go. */
export class Polite extends Delegate {
  override abort(): void {
    super.close();
  }
}

/** Has a peername, and lacks it by its own declaration. */
export class Modest extends Delegate {
  readonly peername = { address: '127.0.0.1', port: 4000 };
}
