import { batch, signal } from '@preact/signals';
import type {
  Action,
  Crash,
  GroupRow,
  PageMessage,
  ProcessMessage,
  RuntimeSample,
  TreeNode,
  Update,
} from '../src/protocol.ts';
import { Feed } from './live/feed.ts';
import { ProcessClock } from './live/process-clock.ts';
import { SampleWindow } from './runtime/sample-window.ts';
import { type Act, addAct, failActs, settleAct } from './session/acts.ts';
import { LogBuffer, type LogItem } from './session/log-buffer.ts';
import { updateWatched, type WatchedSession, watchedSession } from './session/watched-session.ts';
import type { Sorting } from './sessions/column.ts';
import { SessionList } from './sessions/session-list.ts';
import { addCrashes } from './tree/crashes.ts';

/** Everything that is known, as the page shows it. */
export class Inspection {
  readonly clock = new ProcessClock();
  /** The time where the sessions are. It goes on by the second, and stands still while there is no connection. */
  readonly now = signal(Date.now());
  readonly hello = signal<Extract<ProcessMessage, { type: 'hello' }> | undefined>(undefined);
  readonly sessions = new SessionList();
  /** Counts up when the list has changed. */
  readonly sessionsVersion = signal(0);
  readonly filter = signal('');
  readonly tree = signal<readonly TreeNode[] | undefined>(undefined);
  readonly crashes = signal<readonly Crash[]>([]);
  readonly groups = signal<readonly GroupRow[] | undefined>(undefined);
  readonly samples = new SampleWindow();
  readonly sample = signal<RuntimeSample | undefined>(undefined);
  readonly watched = signal<WatchedSession | undefined>(undefined);
  readonly log = signal<readonly LogItem[]>([]);
  readonly acts = signal<readonly Act[]>([]);
  readonly feed: Feed;
  readonly #log = new LogBuffer();
  #live = false;

  constructor(send: (message: PageMessage) => void, whenShown: (done: () => void) => void) {
    this.feed = new Feed(
      send,
      {
        hello: (hello) => this.#begin(hello),
        watching: (view) => view === 'sessions' && this.sessions.beginWatch(),
        update: (update) => batch(() => this.#update(update)),
        acted: (number, error) => {
          this.acts.value = settleAct(this.acts.peek(), number, error);
        },
      },
      whenShown,
    );
  }

  /** The connection is gone; what was known stays. */
  lose(): void {
    this.#live = false;
    this.feed.lose();
    this.acts.value = failActs(this.acts.peek(), 'the connection was lost before an answer came');
  }

  /** A second has gone by. */
  tick(): void {
    if (!this.#live) return;
    batch(() => {
      this.now.value = this.clock.now();
      this.sessions.fade(this.now.peek());
      this.sessionsVersion.value += 1;
    });
  }

  sortBy(sorting: Sorting): void {
    this.sessions.sortBy(sorting, this.clock.now());
    this.sessionsVersion.value += 1;
  }

  filterBy(filter: string): void {
    batch(() => {
      this.filter.value = filter;
      this.sessions.filterBy(filter);
      this.sessionsVersion.value += 1;
    });
  }

  /** Look at this session, and no other. */
  attach(id: string | undefined): void {
    if (this.watched.peek()?.id === id) return;
    this.#log.clear();
    batch(() => {
      this.log.value = this.#log.items;
      this.watched.value = id === undefined ? undefined : watchedSession(id, this.sessions.find(id)?.row);
    });
    this.feed.attach(id);
  }

  act(session: string, action: Action): void {
    this.acts.value = addAct(this.acts.peek(), session, action);
    const number = this.acts.peek().at(-1)?.number ?? 0;
    this.feed.act(number, session, action);
  }

  #begin(hello: Extract<ProcessMessage, { type: 'hello' }>): void {
    this.#live = true;
    // The chart stays the same object as long as it is the same: it takes a while to be laid out.
    const known = this.hello.peek();
    const same = known !== undefined && JSON.stringify(known.chart) === JSON.stringify(hello.chart);
    this.hello.value = same ? { ...hello, chart: known.chart } : hello;
  }

  #update(update: Update): void {
    const { at, sessions, tree, groups, runtime, log } = update;
    this.clock.set(at);
    this.now.value = this.clock.now();
    if (sessions !== undefined) {
      this.sessions.apply(sessions, at);
      this.sessionsVersion.value += 1;
    }
    if (tree !== undefined) {
      this.tree.value = tree.roots;
      this.crashes.value = addCrashes(this.crashes.peek(), tree.crashes);
    }
    if (groups !== undefined) this.groups.value = groups;
    if (runtime !== undefined) {
      this.samples.add(runtime);
      this.sample.value = runtime;
    }
    const watched = this.watched.peek();
    if (watched === undefined) return;
    // What is under way when another session is attached to is still about the one before.
    if (log !== undefined && (watched.detail ?? update.detail)?.id === watched.id) {
      this.#log.add(log);
      this.log.value = this.#log.items;
    }
    const row = this.sessions.find(watched.id)?.row;
    const chart = this.hello.peek()?.chart;
    if (row !== watched.row || update.detail !== undefined || sessions !== undefined) {
      this.watched.value = updateWatched(watched, update, row, chart);
    }
  }
}
