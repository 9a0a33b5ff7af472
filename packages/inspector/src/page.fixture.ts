import { createGroup } from '@genws/actor';
import { defineHandler, type Session, send } from '@genws/session';
import { type Frame, text } from 'genws';
import { vi } from 'vitest';
import { feedOf } from './feed/feed.ts';
import { Observatory } from './observatory.ts';
import type { PageMessage, ProcessMessage, Update, View } from './protocol.ts';
import { createServer, quiet, showAll, sourcesOf, startPair, startQuiet } from './session.fixture.ts';
import type { Sources } from './sources.ts';
import type { Redact } from './values/plain.ts';

/** A page, as the process knows it. Time passes when the test says so: intervals are to be faked. */
export interface Page {
  /** What the process has told, and nobody has taken. */
  readonly told: ProcessMessage[];
  /** The session at the process's end. */
  readonly session: Session<never>;
  readonly client: Session<Frame>;
  say(message: PageMessage | string): void;
  /** Watch views, from the next update on. */
  watch(...views: readonly View[]): void;
  /** Let a quarter of a second pass, so many times. */
  pass(turns?: number): Promise<void>;
  /** Say that the page is ready, and take what it is told in the next second. */
  updates(): Promise<Update[]>;
}

/** An observatory without a page. */
const observe = (sources: Sources, redact: Redact): Observatory => new Observatory(sources, redact, 'test');

/** Open a page. It takes its greeting first. */
export async function openPage(all: Observatory): Promise<Page> {
  const told: ProcessMessage[] = [];
  const handler = defineHandler<undefined, Frame>({
    init: () => ['ok', undefined],
    handleIn(frame) {
      if (frame.type === 'text') told.push(JSON.parse(frame.data));
      return ['ok', undefined];
    },
    handleInfo: (frame) => ['reply', frame, undefined],
  });
  const { session, client } = startPair(feedOf(all), {}, handler);
  const say = (message: PageMessage | string): void =>
    void send(client, text(typeof message === 'string' ? message : JSON.stringify(message)));
  const pass = async (turns = 1): Promise<void> => {
    await quiet();
    for (let turn = 0; turn < turns; turn++) {
      vi.advanceTimersByTime(250);
      await quiet();
    }
  };
  await quiet();
  return {
    told,
    session,
    client,
    say,
    watch: (...views) => {
      for (const view of views) say({ type: 'watch', view, on: true });
    },
    pass,
    async updates() {
      say({ type: 'ready' });
      await pass(4);
      return told.splice(0).filter((message) => message.type === 'update');
    },
  };
}

/** A page, and a server with one session and a group. */
export async function begin() {
  const server = createServer();
  const session = server.add(startQuiet());
  const group = createGroup<Frame>();
  const all = observe(sourcesOf({ servers: { main: server }, groups: { all: group } }), showAll);
  const page = await openPage(all);
  return { server, session, group, all, page };
}
