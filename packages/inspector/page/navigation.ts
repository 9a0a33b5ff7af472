import { type ReadonlySignal, signal } from '@preact/signals';
import type { View } from '../src/protocol.ts';

export const tabs = ['sessions', 'session', 'tree', 'runtime'] as const;
export type Tab = (typeof tabs)[number];

/** What is to be seen. */
export interface Place {
  readonly tab: Tab;
  /** The session that is open, in its tab or beside the table. */
  readonly session: string | undefined;
}

/** What of `window.history` is needed: the back button goes back here, too, and a reload changes nothing. */
export interface PlaceHistory {
  readonly state: unknown;
  pushState(state: unknown, unused: string): void;
}

/** Where one is, and how one gets elsewhere. */
export class Navigation {
  readonly #place = signal<Place>({ tab: 'sessions', session: undefined });
  readonly #history: PlaceHistory;
  readonly #isWide: () => boolean;

  /** `isWide` tells whether there is room for a session beside the table. */
  constructor(history: PlaceHistory, isWide: () => boolean) {
    this.#history = history;
    this.#isWide = isWide;
    this.restore();
  }

  get place(): ReadonlySignal<Place> {
    return this.#place;
  }

  /** The browser has gone back or forth, or loaded the page again. */
  restore(): void {
    this.#place.value = placeIn(this.#history.state);
  }

  go(tab: Tab): void {
    this.#move({ ...this.#place.peek(), tab });
  }

  /** A session: beside the table if there is room, else by itself. */
  open(session: string): void {
    const beside = this.#isWide() && this.#place.peek().tab === 'sessions';
    this.#move({ tab: beside ? 'sessions' : 'session', session });
  }

  /** Out of the session: back to the table beside which it is if there is room, else to the table alone. */
  back(): void {
    const { tab, session } = this.#place.peek();
    const stays = tab === 'session' && this.#isWide();
    this.#move({ tab: 'sessions', session: stays ? session : undefined });
  }

  #move(place: Place): void {
    const { tab, session } = this.#place.peek();
    if (tab === place.tab && session === place.session) return;
    this.#history.pushState(place, '');
    this.#place.value = place;
  }
}

/** The views of the process that a place shows; the header shows the runtime everywhere. */
export function viewsOf({ tab }: Place, hidden: boolean): ReadonlySet<View> {
  if (hidden) return new Set(['runtime']);
  if (tab === 'tree') return new Set(['runtime', 'tree', 'groups']);
  return new Set(tab === 'runtime' ? ['runtime'] : ['runtime', 'sessions']);
}

function placeIn(state: unknown): Place {
  if (typeof state !== 'object' || state === null) return { tab: 'sessions', session: undefined };
  const tab = tabs.find((tab) => 'tab' in state && state.tab === tab) ?? 'sessions';
  const session = 'session' in state && typeof state.session === 'string' ? state.session : undefined;
  return { tab, session };
}
