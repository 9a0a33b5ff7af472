import { describe, expect, it } from 'vitest';
import { SimulatedClock } from 'xstate';
import { FakeLane } from './machine-paths.fixture.ts';
import { SessionActor, type SessionLogic } from './session-actor.ts';
import { SessionSystem } from './session-system.ts';
import { getInitialSnapshot } from './transition-table.ts';

function start() {
  const simulated = new SimulatedClock();
  const clock = {
    setTimeout: simulated.setTimeout.bind(simulated),
    clearTimeout: simulated.clearTimeout.bind(simulated),
    now: () => simulated.now(),
  };
  const heard: string[] = [];
  const system = new SessionSystem(clock);
  const logic: SessionLogic = {
    getInitialSnapshot,
    start() {},
    transition(snapshot, { type }) {
      heard.push(type);
      return snapshot;
    },
  };
  const actor = new SessionActor(logic, { connect: () => new FakeLane('server') }, system);
  return { actor: actor.start(), system, clock: simulated, heard };
}

describe("a session's actor system", () => {
  it('gives each actor a name of its own', () => {
    expect(start().actor.sessionId).not.toBe(start().actor.sessionId);
  });

  it('delivers an event when its time has come, once', () => {
    const { actor, system, clock, heard } = start();
    system.scheduler.schedule(actor, actor, { type: 'ring' }, 100, 'alarm');
    clock.increment(99);
    expect(heard).toEqual([]);
    clock.increment(1);
    expect(heard).toEqual(['ring']);
    clock.increment(1000);
    expect(heard).toEqual(['ring']);
    expect(system.getSnapshot()._scheduledEvents).toEqual({});
  });

  it('sets no timer for what is never due', () => {
    const { actor, system } = start();
    system.scheduler.schedule(actor, actor, { type: 'ring' }, 100, 'alarm');
    system.scheduler.schedule(actor, actor, { type: 'ring' }, Number.POSITIVE_INFINITY, 'alarm');
    expect(system.getSnapshot()._scheduledEvents).toEqual({});
  });

  it('delivers nothing that was cancelled, by its name or with all others', () => {
    const { actor, system, clock, heard } = start();
    for (const id of ['a', 'b', 'c']) system.scheduler.schedule(actor, actor, { type: id }, 100, id);
    system.scheduler.cancel(actor, 'b');
    system.scheduler.cancel(actor, 'unknown');
    clock.increment(100);
    expect(heard).toEqual(['a', 'c']);
    system.scheduler.schedule(actor, actor, { type: 'd' }, 100, 'd');
    system.scheduler.cancelAll();
    clock.increment(100);
    expect(heard).toEqual(['a', 'c']);
  });

  it('has one event of a name: the later replaces the earlier', () => {
    const { actor, system, clock, heard } = start();
    system.scheduler.schedule(actor, actor, { type: 'early' }, 10, 'alarm');
    system.scheduler.schedule(actor, actor, { type: 'late' }, 20, 'alarm');
    clock.increment(100);
    expect(heard).toEqual(['late']);
  });

  it('shows what is to come', () => {
    const { actor, system } = start();
    system.scheduler.schedule(actor, actor, { type: 'ring' }, 100, 'alarm');
    const { _scheduledEvents: scheduled } = system.getSnapshot();
    expect(Object.keys(scheduled)).toEqual([`${actor.sessionId}.alarm`]);
    expect(Object.values(scheduled)[0]).toMatchObject({ id: 'alarm', delay: 100, event: { type: 'ring' } });
  });

  it('calls an inspector as the object it is', () => {
    const { actor, system } = start();
    const inspector = {
      seen: 0,
      next() {
        this.seen++;
      },
    };
    system.inspect(inspector);
    actor.send({ type: 'activate' });
    expect(inspector.seen).toBeGreaterThan(0);
  });

  it('tells inspectors of events until they have heard enough', () => {
    const { actor, system } = start();
    const seen: string[] = [];
    const first = system.inspect((event) => event.type === '@xstate.event' && seen.push(`first ${event.rootId}`));
    system.inspect({ next: (event) => event.type === '@xstate.event' && seen.push(`second ${event.event.type}`) });
    actor.send({ type: 'activate' });
    first.unsubscribe();
    actor.send({ type: 'activate' });
    expect(seen).toEqual([`first ${actor.sessionId}`, 'second activate', 'second activate']);
  });
});
