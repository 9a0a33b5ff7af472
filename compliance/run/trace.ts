import type { ExpectedEvent, MessageSpec, Outcome } from '../case.ts';
import { octetsOf } from '../payload.ts';
import type { Behavior } from '../verdict.ts';
import { preview } from '../wire/journal.ts';
import type { PeerEvent } from '../wire/message-reader.ts';

/** What has happened in a case: what the peer did, and which pauses have passed. */
export type SeenEvent = PeerEvent | { readonly type: 'pause' };

/** Holds what happens against every acceptable course of events. */
export class Trace {
  readonly #words: string[] = [];
  readonly #best: Outcome | undefined;
  #possible: readonly Outcome[];
  #length = 0;

  constructor(outcomes: readonly Outcome[]) {
    this.#best = outcomes[0];
    this.#possible = outcomes;
  }

  add(event: SeenEvent): void {
    const at = this.#length++;
    this.#words.push(describeSeen(event));
    this.#possible = this.#possible.filter(({ trace }) => isExpected(event, trace[at]));
  }

  /** Whether nothing that may still happen can make this right. */
  get failed(): boolean {
    return this.#possible.length === 0;
  }

  /** Whether everything has happened that is to happen at best. */
  get complete(): boolean {
    return this.#best !== undefined && this.#possible.includes(this.#best) && this.#best.trace.length === this.#length;
  }

  get behavior(): Behavior {
    return this.#possible.find(({ trace }) => trace.length === this.#length)?.behavior ?? 'FAILED';
  }

  /** What was seen, in words, an event each. */
  get seen(): readonly string[] {
    return this.#words;
  }
}

/** Whether a message that has come is the one that was expected. */
export const isEcho = (event: SeenEvent, { type, payload }: MessageSpec, turn = 0): boolean =>
  event.type === 'message' && event.kind === type && Buffer.compare(event.payload, octetsOf(payload, turn)) === 0;

function isExpected(event: SeenEvent, expected: ExpectedEvent | undefined): boolean {
  switch (expected?.type) {
    case undefined:
      return false;
    case 'message':
      return isEcho(event, expected.message);
    case 'pong':
      return event.type === 'pong' && Buffer.compare(event.payload, octetsOf(expected.payload)) === 0;
    case 'pause':
      return event.type === 'pause';
  }
}

function describeSeen(event: SeenEvent): string {
  switch (event.type) {
    case 'pause':
      return 'a pause, with nothing after it';
    case 'message':
      return `${event.kind} message of ${event.payload.length} octets: ${preview(event.payload)}`;
    case 'ping':
    case 'pong':
      return `${event.type} of ${event.payload.length} octets: ${preview(event.payload)}`;
    case 'close':
      return `close ${event.code ?? 'without code'} ${event.reason}`.trim();
    case 'violation':
      return event.violation;
  }
}

/** Every acceptable course of events in words. */
export const describeOutcomes = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map(({ behavior, trace }) => `${behavior}: ${trace.map(describeExpected).join(', ') || 'nothing'}`);

function describeExpected(event: ExpectedEvent): string {
  if (event.type === 'pause') return 'a pause';
  const payload = event.type === 'message' ? event.message.payload : event.payload;
  const octets = payload instanceof Uint8Array ? payload.length : payload.octets;
  return `${event.type === 'message' ? `${event.message.type} message` : 'pong'} of ${octets} octets`;
}
