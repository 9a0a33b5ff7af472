import type { Case, FrameSpec, Step } from '../case.ts';
import { octetsOf, type Payload } from '../payload.ts';
import type { Connection, Outgoing } from '../wire/connection.ts';
import type { Pace } from './pace.ts';
import { isEcho, Trace } from './trace.ts';

type StepOf<Type extends Step['type']> = Extract<Step, { type: Type }>;

const normalClose: Outgoing = { fin: true, rsv: 0, opcode: 8, payload: Buffer.of(0x03, 0xe8) };

/**
 * After how many messages a long exchange begins again: when they have filled the largest window of a compressor several
 * times. From then on the suite sends what it has compressed already, which halves its work, and which the peer cannot
 * tell: what a message refers to is what has just been sent. The peer's own compressor is at work to the end.
 */
function cycleLength(payload: Payload): number {
  const octets = payload instanceof Uint8Array ? payload.length : payload.octets;
  return Math.max(16, Math.ceil((8 * 32_768) / Math.max(1, octets)));
}

/** The interpreter: plays a case with a peer, step by step, and takes note of what happens. */
export class CaseRun {
  readonly trace: Trace;
  readonly #case: Case;
  readonly #connection: Connection;
  readonly #pace: Pace;

  constructor(played: Case, connection: Connection, pace: Pace) {
    this.trace = new Trace(played.outcomes);
    this.#case = played;
    this.#connection = connection;
    this.#pace = pace;
  }

  /** Play it, to the end of the connection. Never rejects. */
  async play(): Promise<void> {
    const connection = this.#connection;
    const deadline = setTimeout(() => connection.drop('destroy'), this.#case.timeLimit);
    const watch = setInterval(() => connection.wake(), Math.min(this.#pace.patience / 4, 1000));
    try {
      for (const step of this.#case.steps) {
        this.#takeEvents();
        if (connection.over || this.trace.failed) break;
        await this.#perform(step);
      }
      await this.#until(() => this.trace.failed || (this.#case.closing.by === 'us' && this.trace.complete));
      await this.#close();
    } finally {
      clearTimeout(deadline);
      clearInterval(watch);
    }
  }

  /** The closing handshake, unless the peer has failed the connection, and the end of the connection (RFC 6455 §7.1.1). */
  async #close(): Promise<void> {
    const connection = this.#connection;
    const { by } = this.#case.closing;
    if (by === 'us' && !connection.over && connection.closedBy === undefined) {
      await connection.send([normalClose], 'together');
    }
    if (connection.closedBy === 'us') await this.#until(() => false);
    if (connection.peerClose !== undefined) {
      if (connection.role === 'server') connection.drop('end');
      await this.#waitFor(() => connection.gone);
    }
    if (connection.droppedBy === undefined) connection.drop('destroy');
    this.#takeEvents();
  }

  #perform(step: Step): Promise<void> {
    switch (step.type) {
      case 'frames':
        return this.#connection.send(
          step.frames.map((frame) => this.#outgoing(frame)),
          step.chop,
        );
      case 'message':
        return this.#sendMessage(step);
      case 'roundTrips':
        return this.#exchange(step);
      case 'slowFrame':
        return this.#sendSlowly(step);
      case 'pause':
        return this.#rest();
    }
  }

  #outgoing({ opcode, payload, fin = true, rsv = 0, masking, lengthBits }: FrameSpec): Outgoing {
    const masked = (this.#connection.role === 'client') !== (masking === 'wrong');
    const octets = payload === undefined ? new Uint8Array() : octetsOf(payload);
    return { fin, rsv, opcode, payload: octets, masked, ...(lengthBits === undefined ? {} : { lengthBits }) };
  }

  async #sendMessage({ message, fragment, chop }: StepOf<'message'>): Promise<void> {
    const payload = await this.#connection.compress(octetsOf(message.payload));
    await this.#connection.send(this.#connection.messageFrames(message.type, payload, fragment), chop ?? 'together');
  }

  async #exchange({ count, message, fragment }: StepOf<'roundTrips'>): Promise<void> {
    const connection = this.#connection;
    const cycle: Uint8Array[] = [];
    const length = cycleLength(message.payload);
    for (let turn = 0; turn < count; turn++) {
      const at = turn % length;
      cycle[at] ??= await connection.compress(octetsOf(message.payload, at));
      const payload = cycle[at];
      await connection.send(connection.messageFrames(message.type, payload, fragment), 'together');
      await this.#waitFor(() => connection.events.length > 0 || connection.over);
      const event = connection.events[0];
      if (event === undefined) {
        this.trace.add({ type: 'violation', violation: `${turn} of ${count} messages came back` });
        return;
      }
      if (!isEcho(event, message, at)) return;
      connection.events.shift();
    }
  }

  /** A frame in pieces, each in a write of its own, with pauses in between. */
  async #sendSlowly({ opcode, pieces }: StepOf<'slowFrame'>): Promise<void> {
    const payload = Buffer.concat(pieces);
    const bytes = this.#connection.encode({ fin: true, rsv: 0, opcode, payload });
    const headSize = bytes.length - payload.length;
    let sent = 0;
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) await this.#rest();
      if (this.#connection.over) return;
      const end = at === 0 ? headSize + piece.length : sent + piece.length;
      await this.#connection.write(bytes.subarray(sent, end));
      sent = end;
    }
  }

  /** A pause, which counts as an event when the connection has outlived it. */
  async #rest(): Promise<void> {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      this.#connection.wake();
    }, this.#pace.pause);
    while (!over && !this.#connection.over) await this.#connection.changed;
    clearTimeout(timer);
    this.#takeEvents();
    if (!this.#connection.over) this.trace.add({ type: 'pause' });
  }

  /** Take what happens until nothing more is to be awaited: enough has happened, the peer is gone, or silent. */
  async #until(enough: () => boolean): Promise<void> {
    await this.#waitFor(() => {
      this.#takeEvents();
      return enough() || this.#connection.over;
    });
  }

  /** Wait for something, as long as the peer is not silent for too long. */
  async #waitFor(condition: () => boolean): Promise<void> {
    const since = performance.now();
    while (!condition()) {
      const silence = performance.now() - Math.max(since, this.#connection.lastSign);
      if (silence > this.#pace.patience || this.#connection.gone) return;
      await this.#connection.changed;
    }
  }

  #takeEvents(): void {
    for (const event of this.#connection.events.splice(0)) this.trace.add(event);
  }
}
