import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ActorLogic, createActor, waitFor } from 'xstate';
import type { SessionEvent } from './event.ts';
import { type SessionInput, type SessionSnapshot, sessionMachine } from './machine.ts';
import { FakeLane } from './machine-paths.fixture.ts';
import { SessionActor, type SessionLogic } from './session-actor.ts';
import { SessionSystem } from './session-system.ts';
import * as table from './transition-table.ts';

const clock = { setTimeout, clearTimeout: () => {}, now: () => 0 };
const input: SessionInput = { connect: () => new FakeLane('server') };

/** What the logic does with an event, whoever runs it. */
type Deed =
  | { readonly do: 'nothing' | 'change' | 'throw' | 'finish' | 'stop' | 'defer' }
  | { readonly do: 'send'; readonly deeds: readonly Deed[] }
  | { readonly do: 'subscribe'; readonly as: 'watcher' | 'mourner' | 'thrower' | 'ouster' | 'recruiter' | 'function' }
  | { readonly do: 'unsubscribe'; readonly which: number };

type Played = Pick<SessionActor, 'send' | 'subscribe' | 'getSnapshot'> & { start(): unknown; stop(): unknown };

/** What can be seen from outside, in order. */
function play(make: (story: string[], perform: Perform) => Played, early: Deed[][], late: Deed[][]): string[] {
  const story: string[] = [];
  const subscriptions: { unsubscribe(): void }[] = [];
  const observe = (as: string): void => {
    const name = `${as} ${subscriptions.length}`;
    const tell = (what: string): void => {
      story.push(`${name} hears ${what}`);
      if (as === 'thrower') throw new Error(`${name} throws at ${what}`);
      if (as === 'ouster') for (const subscription of subscriptions) subscription.unsubscribe();
      if (as !== 'recruiter') return;
      if (subscriptions.length % 2 === 0) subscriptions.at(-1)?.unsubscribe(); // which may be itself
      observe('watcher');
    };
    const next = ({ status }: { status: string }): void => tell(status);
    const complete = (): void => tell('the end');
    const error = (failure: unknown): void => tell(`${failure}`);
    const subscription =
      as === 'function'
        ? actor.subscribe(next)
        : actor.subscribe(as === 'watcher' ? { next, complete } : { next, complete, error });
    subscriptions.push(subscription);
  };
  const perform: Perform = (deed, defer) => {
    story.push(deed.do);
    switch (deed.do) {
      case 'send':
        actor.send(eventOf(deed.deeds));
        break;
      case 'subscribe':
        observe(deed.as);
        break;
      case 'unsubscribe':
        subscriptions[deed.which % subscriptions.length]?.unsubscribe();
        break;
      case 'stop':
        actor.stop();
        break;
      case 'defer':
        defer(() => story.push('deferred'));
        break;
      case 'throw':
        throw new Error('the logic throws');
    }
    story.push('done');
  };
  vi.stubGlobal('setTimeout', (thrown: () => void) => {
    try {
      thrown();
    } catch (error) {
      story.push(`thrown: ${error}`);
    }
  });
  const actor = make(story, perform);
  const outside = (deeds: Deed[]): void => {
    actor.send(eventOf(deeds));
    const { status, error } = actor.getSnapshot();
    story.push(`now ${status} ${error ?? ''}`);
  };
  for (const deeds of early) outside(deeds);
  actor.start();
  observe('mourner');
  for (const deeds of late) outside(deeds);
  observe('watcher');
  observe('mourner');
  actor.stop();
  outside([{ do: 'change' }]);
  vi.unstubAllGlobals();
  return story;
}

type Perform = (deed: Deed, defer: (action: () => void) => void) => void;

const scripts = new WeakMap<object, readonly Deed[]>();

function eventOf(deeds: readonly Deed[]): SessionEvent {
  const message = {};
  scripts.set(message, deeds);
  return { type: 'info', message };
}

function deedsOf(event: SessionEvent): readonly Deed[] {
  if (event.type !== 'info' || typeof event.message !== 'object' || event.message === null) return [];
  return scripts.get(event.message) ?? [];
}

/** The logic, as xstate knows it. */
function logicFor(story: string[], perform: Perform): ActorLogic<SessionSnapshot, SessionEvent, SessionInput> {
  return {
    getInitialSnapshot: (scope, given) => table.whole(table.getInitialSnapshot(scope, given)),
    getPersistedSnapshot: (snapshot) => sessionMachine.getPersistedSnapshot(snapshot),
    start: () => story.push('logic starts'),
    transition(snapshot, event, { defer }) {
      story.push(`processes ${event.type}`);
      let next = snapshot;
      for (const deed of deedsOf(event)) {
        perform(deed, defer);
        if (deed.do === 'change') next = { ...next };
        if (deed.do === 'finish') next = { ...next, status: 'done', output: { type: 'normal' }, error: undefined };
      }
      if (event.type === 'xstate.stop') next = { ...next, status: 'stopped', output: undefined, error: undefined };
      return next;
    },
  };
}

const ofXstate = (story: string[], perform: Perform): Played => createActor(logicFor(story, perform), { input, clock });

function ofSession(story: string[], perform: Perform): SessionActor {
  const { getInitialSnapshot, start, transition } = logicFor(story, perform);
  const logic = {
    getInitialSnapshot: (actor: SessionActor, given: SessionInput) => getInitialSnapshot(actor.scope, given),
    start: (snapshot: SessionSnapshot, actor: SessionActor) => start?.(snapshot, actor.scope),
    transition: (snapshot: SessionSnapshot, event: SessionEvent, actor: SessionActor) =>
      transition(snapshot, event, actor.scope),
  };
  return new SessionActor(logic, input, new SessionSystem(clock));
}

const { deed } = fc.letrec<{ deed: Deed }>((tie) => ({
  deed: fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('nothing', 'change', 'defer') }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('throw', 'finish', 'stop') }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send'), deeds: fc.array(tie('deed'), { maxLength: 4 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('subscribe'),
        as: fc.constantFrom('watcher', 'mourner', 'thrower', 'ouster', 'recruiter', 'function'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('unsubscribe'), which: fc.nat(5) }) },
  ),
}));

describe('the actor of a session', () => {
  beforeEach(() => {
    vi.spyOn(console, 'warn').mockImplementation(() => {}); // xstate warns of what comes too late
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('is to its logic and its observers what xstate’s is, whatever they do', () => {
    const turns = fc.array(fc.array(deed, { maxLength: 5 }), { maxLength: 6 });
    const seen = new Set<string>();
    fc.assert(
      fc.property(turns, turns, (early, late) => {
        const story = play(ofSession, early, late);
        expect(story).toEqual(play(ofXstate, early, late));
        for (const line of story) seen.add(line.replaceAll(/\d+/g, 'n'));
      }),
      { numRuns: 1000 },
    );
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'deferred',
        'now error Error: the logic throws',
        'now stopped ',
        'now done ',
        'thrown: Error: the logic throws',
        'thrown: Error: thrower n throws at active',
        'watcher n hears the end',
        'mourner n hears Error: the logic throws',
        'ouster n hears active',
        'recruiter n hears active',
        'processes xstate.stop',
      ]),
    );
  });

  it('is an actor to xstate', async () => {
    const actor = new SessionActor(
      { ...table, getInitialSnapshot: table.getInitialSnapshot },
      input,
      new SessionSystem(clock),
    );
    actor.start();
    expect(actor.logic.config.id).toBe('session'); // inspectors draw it
    const opened = waitFor(actor, ({ value }) => value === 'open', { timeout: 1000 });
    actor.send({ type: 'handler.settled' });
    actor.send({ type: 'activate' });
    expect((await opened).value).toBe('open');
    expect(actor.src).toBe(sessionMachine);
    expect(JSON.parse(JSON.stringify(actor))).toEqual({ xstate$$type: 1, id: actor.sessionId });
    expect(actor.getPersistedSnapshot()).toMatchObject({ status: 'active', value: 'open' });
    expect(Reflect.get(actor, '@@observable').call(actor)).toBe(actor); // what rxjs looks for
  });

  it('takes what is sent while it is being made into its mailbox', () => {
    const story: string[] = [];
    const logic: SessionLogic = {
      getInitialSnapshot(actor, given) {
        actor.send({ type: 'activate' });
        return table.getInitialSnapshot(actor, given);
      },
      start: () => story.push('start'),
      transition(snapshot, { type }) {
        story.push(type);
        return snapshot;
      },
    };
    const actor = new SessionActor(logic, input, new SessionSystem(clock));
    expect(story).toEqual([]);
    actor.start();
    expect(story).toEqual(['start', 'activate']);
  });

  it('tells of a part of its snapshot when that changes', () => {
    const actor = new SessionActor(table, input, new SessionSystem(clock)).start();
    const told: unknown[] = [];
    const { subscribe, get } = actor.select(({ value }) => value);
    subscribe((value) => told.push(value));
    subscribe({ next: (value) => told.push(value) });
    actor.send({ type: 'peer.congested' });
    actor.send({ type: 'handler.settled' });
    actor.send({ type: 'activate' });
    expect(told).toEqual(['open', 'open']);
    expect(get()).toBe('open');
  });
});
