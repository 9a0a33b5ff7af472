import type { Observer, Subscription } from 'xstate';
import type { SessionSnapshot } from './machine.ts';

/** Somebody who hears of a session's snapshots, and of its end. */
export class Listening implements Subscription {
  /** Until it has had enough. */
  observer: Observer<SessionSnapshot> | undefined;
  /** Who has come after it. */
  next: Listening | undefined;

  constructor(observer: Observer<SessionSnapshot>) {
    this.observer = observer;
  }

  unsubscribe(): void {
    this.observer = undefined;
  }
}

/** Those who listen and one more. Who has had enough is forgotten now, but for the last: it may be just being told. */
export function withLast(first: Listening | undefined, listening: Listening): Listening {
  let head = first;
  while (head?.observer === undefined && head?.next !== undefined) head = head.next;
  if (head === undefined) return listening;
  let last = head;
  while (last.next !== undefined) {
    const { next } = last;
    if (next.observer === undefined && next.next !== undefined) last.next = next.next;
    else last = next;
  }
  last.next = listening;
  return head;
}

/** Tell all who listen, those too who come meanwhile. */
export function tellAll(first: Listening | undefined, tell: (observer: Observer<SessionSnapshot>) => void): void {
  for (let one = first; one !== undefined; one = one.next) {
    if (one.observer === undefined) continue;
    try {
      tell(one.observer);
    } catch (error) {
      thrownLater(error);
    }
  }
}

/** Tell all who listen that nothing follows. */
export const tellOfEnd = (first: Listening | undefined): void => tellAll(first, (observer) => observer.complete?.());

/** A failure that nobody hears of, or not everybody, is thrown. */
export function tellOfFailure(first: Listening | undefined, failure: unknown): void {
  let heard = false;
  let missed = false;
  tellAll(first, (observer) => {
    if (observer.error === undefined) missed = true;
    else heard = true;
    observer.error?.(failure);
  });
  if (missed || !heard) thrownLater(failure);
}

/** What an observer throws is nobody else's business: it ends the process, unless the program has another idea. */
function thrownLater(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
