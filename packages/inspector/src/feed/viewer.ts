import type { SessionRef } from '@genws/session';
import { send, text } from 'genws';
import type { Observatory } from '../observatory.ts';
import { RuntimeProbe } from '../process/runtime.ts';
import { treesOf } from '../process/tree.ts';
import type { GroupRow, PageMessage, ProcessMessage, TreeNode, Update, View } from '../protocol.ts';
import { act } from '../session/actions.ts';
import { SessionWatch } from '../session/session-watch.ts';
import { TableNews } from '../sessions/table-news.ts';
import { countOf, findSession } from '../sources.ts';

/** How often a page is told what is new, ms. */
const interval = 250;

/** Runtime samples, trees and groups are made every so many times. */
const slowly = 4;

/** Members that are listed of a group. */
const listedMembers = 200;

/** One page: what it watches, and what it has not been told yet. It is told no more than it says it can take. */
export class Viewer {
  readonly #self: SessionRef;
  readonly #all: Observatory;
  readonly #views = new Set<View>();
  readonly #timer: NodeJS.Timeout;
  #turn = 0;
  #ready = false;
  readonly #table = new TableNews();
  #stopCensus: (() => void) | undefined;
  #probe: RuntimeProbe | undefined;
  #watch: SessionWatch | undefined;
  #detail = '';
  #tree = '';
  #crashes = 0;

  constructor(self: SessionRef, all: Observatory) {
    this.#self = self;
    this.#all = all;
    this.#timer = setInterval(() => this.#tell(), interval).unref();
  }

  take(message: PageMessage): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        return;
      case 'watch':
        this.#look(message.view, message.on);
        return;
      case 'attach':
        this.#attach(message.session);
        return;
      case 'act':
        void this.#act(message);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stopCensus?.();
    this.#probe?.stop();
    this.#watch?.stop();
  }

  #look(view: View, on: boolean): void {
    if (on) this.#views.add(view);
    else this.#views.delete(view);
    if (view === 'tree') [this.#tree, this.#crashes] = ['', 0];
    const counted = this.#views.has('sessions') || this.#views.has('runtime');
    if (counted && this.#stopCensus === undefined) this.#listen();
    if (!counted) this.#stopCensus = void this.#stopCensus?.();
    if (!this.#views.has('runtime')) this.#probe = void this.#probe?.stop();
    else this.#probe ??= new RuntimeProbe(this.#all.sources, this.#all.census);
    if (view !== 'sessions') return;
    if (on) this.#table.begin(this.#all.census.rows);
    else this.#table.end();
  }

  #listen(): void {
    this.#stopCensus = this.#all.census.listen({
      changed: (row) => {
        if (this.#views.has('sessions')) this.#table.changed(row);
      },
      gone: (id) => this.#table.gone(id),
    });
  }

  #attach(id: string | undefined): void {
    this.#watch?.stop();
    this.#detail = '';
    const session = id === undefined ? undefined : findSession(this.#all.sources, id);
    this.#watch = session && new SessionWatch(session, this.#all.redact);
  }

  async #act({ number, session: id, action }: Extract<PageMessage, { type: 'act' }>): Promise<void> {
    let error: string | undefined;
    try {
      const session = findSession(this.#all.sources, id);
      if (session === undefined) throw new Error('there is no such session any more');
      await act(session, action);
    } catch (cause) {
      error = cause instanceof Error ? cause.message : String(cause);
    }
    this.#send({ type: 'acted', number, error });
  }

  #tell(): void {
    if (!this.#ready) return;
    this.#turn++;
    const update: Update = {
      type: 'update',
      at: Date.now(),
      ...this.#sessions(),
      ...(this.#turn % slowly === 0 ? { ...this.#trees(), ...this.#groups(), ...this.#runtime() } : {}),
      ...this.#watched(),
    };
    if (Object.keys(update).length === 2) return; // nothing but its type and its time
    this.#ready = false;
    this.#send(update);
  }

  #sessions(): Pick<Update, 'sessions'> {
    if (!this.#views.has('sessions')) return {};
    const sessions = this.#table.take(countOf(this.#all.sources));
    return sessions === undefined ? {} : { sessions };
  }

  #trees(): Pick<Update, 'tree'> {
    if (!this.#views.has('tree')) return {};
    const { sources, history } = this.#all;
    const roots: readonly TreeNode[] = treesOf(sources, (supervisor, child) => history.restartsOf(supervisor, child));
    const shape = JSON.stringify(roots);
    if (shape === this.#tree && history.count === this.#crashes) return {};
    const crashes = history.since(this.#crashes);
    this.#tree = shape;
    this.#crashes = history.count;
    return { tree: { roots, crashes } };
  }

  #groups(): Pick<Update, 'groups'> {
    if (!this.#views.has('groups')) return {};
    return { groups: [...this.#all.sources.groups].map(([name, group]) => groupRow(name, group)) };
  }

  #runtime(): Pick<Update, 'runtime'> {
    return this.#probe === undefined ? {} : { runtime: this.#probe.sample() };
  }

  #watched(): Pick<Update, 'detail' | 'log'> {
    if (this.#watch === undefined) return {};
    const { detail } = this.#watch;
    const log = this.#watch.take();
    const shape = JSON.stringify(detail);
    const changed = shape !== this.#detail;
    this.#detail = shape;
    return { ...(changed ? { detail } : {}), ...(log.entries.length > 0 || log.lost > 0 ? { log } : {}) };
  }

  #send(message: ProcessMessage): void {
    send(this.#self, text(JSON.stringify(message)));
  }
}

function groupRow(name: string, group: Iterable<object>): GroupRow {
  const members: string[] = [];
  let size = 0;
  for (const member of group) {
    size++;
    if (members.length < listedMembers && 'id' in member) members.push(String(member.id));
  }
  return { name, size, members };
}
