import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { isReport, type Report, reportChannel } from '@genws/actor';
import type { Crash } from '../protocol.ts';
import { plainOf, type Redact } from '../values/plain.ts';

/** Crashes that are remembered. */
const most = 100;

/** Characters of a text. */
const longest = 2000;

/** Keeps what reports tell of crashes and restarts, for whoever looks later. */
export class History {
  readonly #redact: Redact;
  readonly #crashes: Crash[] = [];
  readonly #restarts = new Map<string, number>();
  #count = 0;

  constructor(redact: Redact) {
    this.#redact = redact;
    subscribe(reportChannel, this.#take);
  }

  /** Crashes so far; those that are forgotten count. */
  get count(): number {
    return this.#count;
  }

  /** The latest crashes from the one with this number on, as far as they are remembered. */
  since(number: number): readonly Crash[] {
    return this.#crashes.slice(Math.max(0, this.#crashes.length - (this.#count - number)));
  }

  restartsOf(supervisor: string, child: string): number {
    return this.#restarts.get(keyOf(supervisor, child)) ?? 0;
  }

  stop(): void {
    unsubscribe(reportChannel, this.#take);
  }

  readonly #take = (message: unknown): void => {
    if (!isReport(message)) return;
    if (message.event === 'supervisor.restarted') this.#restarted(message);
    if (message.level !== 'error' && message.event !== 'supervisor.childCrashed') return;
    this.#count++;
    this.#crashes.push(this.#crash(message));
    if (this.#crashes.length > most) this.#crashes.shift();
  };

  #restarted({ fields: { supervisor, child } = {} }: Report): void {
    const key = keyOf(supervisor, child);
    this.#restarts.set(key, (this.#restarts.get(key) ?? 0) + 1);
  }

  #crash({ event, text, error, fields = {} }: Report): Crash {
    const at = Date.now();
    if (error === undefined) return { at, event, text: text.slice(0, longest), stack: undefined };
    // The text tells what the error tells: who may not see the one may not see the other.
    const seen = plainOf(text, 'error', this.#redact);
    const plain = plainOf(error, 'error', this.#redact);
    return {
      at,
      event,
      text: seen.type === 'text' ? seen.value : particulars(fields),
      stack: plain.type === 'object' ? undefined : plain.value,
    };
  }
}

type Fields = NonNullable<Report['fields']>;

const keyOf = (supervisor: Fields[string], child: Fields[string]): string => JSON.stringify([supervisor, child]);

const particulars = (fields: Fields): string =>
  Object.entries(fields)
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`))
    .join(' ')
    .slice(0, longest);
