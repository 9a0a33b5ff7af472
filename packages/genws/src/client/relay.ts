import { type Session, type SessionMessage, send } from '@genws/session';
import { OfflineQueue, type Parcel, type WhileDown } from './offline-queue.ts';

/** Hands what is sent through a client to its session of the moment, or does with it what the policy says. */
export class Relay<Info> {
  readonly #queue: OfflineQueue<Info> | undefined;
  #session: Session<Info> | undefined;
  #over = false;

  constructor(whileDown: WhileDown) {
    this.#queue = whileDown === 'reject' ? undefined : new OfflineQueue(whileDown);
  }

  /** Whether what is sent now leaves now. */
  get isOpen(): boolean {
    return this.#session?.state === 'open' && this.waiting === 0;
  }

  /** Messages that wait for a connection. */
  get waiting(): number {
    return this.#queue?.length ?? 0;
  }

  /** Bytes in the frames that wait for a connection. */
  get bytes(): number {
    return this.#queue?.bytes ?? 0;
  }

  post(parcel: Parcel<Info>): void {
    if (this.isOpen) this.#session?.send(parcel);
    else if (this.#queue === undefined || this.#over) refuse(parcel);
    else this.#queue.add(parcel);
  }

  /** A session is open: what has waited goes first. Not to be called while the session is at work. */
  open(session: Session<Info>): void {
    this.#session = session;
    this.#pour();
  }

  /** The session is over. */
  shut(): void {
    this.#session = undefined;
  }

  /** There will be no session any more. */
  end(): void {
    this.#over = true;
    this.#session = undefined;
    this.#queue?.clear();
  }

  /** What is sent while this runs waits behind the rest, and is handed on in the same run. */
  #pour(): void {
    const queue = this.#queue;
    const session = this.#session;
    if (queue === undefined || session === undefined) return;
    for (const waiting of queue) {
      if (this.#session !== session || session.state !== 'open') return;
      if (waiting.type === 'info') session.send(waiting);
      else if (!hand(session, waiting.frame)) {
        this.#goOn(session);
        return;
      }
      queue.remove(waiting);
    }
    queue.release('congested');
  }

  /** The peer does not keep up: go on when it has caught up, and the event loop has come round. */
  #goOn(session: Session<Info>): void {
    const goOn = (): void => {
      if (this.#session === session) this.#pour();
    };
    void send(session, [], { slowConsumer: 'wait' }).then(() => setImmediate(goOn));
  }
}

type Frame = Extract<SessionMessage, { type: 'send' }>['frames'][number];

/** Whether the session has taken a frame. One that it refuses, for want of room, does not end it. */
function hand(session: Session, frame: Frame): boolean {
  const receipt: Extract<SessionMessage, { type: 'send' }>['receipt'] = { outcome: 'queued' };
  session.send({ type: 'send', frames: [frame], receipt, slowConsumer: 'wait' });
  return receipt.outcome !== 'congested';
}

/** There is nobody to hand it to. */
export function refuse(parcel: Parcel<unknown>): void {
  if (parcel.type !== 'send') return;
  parcel.receipt.outcome = 'closed';
  parcel.receipt.settled?.('closed');
}
