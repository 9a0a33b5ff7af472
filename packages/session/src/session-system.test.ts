import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock, setup } from 'xstate';
import { bornInto, SessionSystem, weaned } from './session-system.ts';

function start() {
  const simulated = new SimulatedClock();
  const clock = {
    setTimeout: simulated.setTimeout.bind(simulated),
    clearTimeout: simulated.clearTimeout.bind(simulated),
    now: () => simulated.now(),
  };
  const heard: string[] = [];
  const listener = setup({}).createMachine({ on: { '*': { actions: ({ event }) => heard.push(event.type) } } });
  const system = new SessionSystem(clock);
  const actor = createActor(listener, bornInto(system));
  weaned(actor);
  return { actor: actor.start(), system, clock: simulated, heard };
}

describe("a session's actor system", () => {
  it('is the system of the actor that was born into it, which is nobody’s child', () => {
    const { actor, system } = start();
    expect(actor.system).toBe(system);
    expect(actor._parent).toBeUndefined();
    expect(() => actor.stop()).not.toThrow();
  });

  it('is the system of no actor that is born later', () => {
    const { system } = start();
    const other = start();
    expect(other.actor.system).not.toBe(system);
    expect(createActor(setup({}).createMachine({})).system).not.toBe(other.system);
  });

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

  it('takes what is sent while the actor is being made into its mailbox', () => {
    const heard: string[] = [];
    const early = setup({}).createMachine({
      context: ({ self }) => {
        self.send({ type: 'ring' });
        return {};
      },
      on: { ring: { actions: () => heard.push('ring') } },
    });
    const system = new SessionSystem({ setTimeout, clearTimeout: () => {}, now: () => 0 });
    const actor = createActor(early, bornInto(system));
    weaned(actor);
    expect(heard).toEqual([]);
    actor.start();
    expect(heard).toEqual(['ring']);
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
    actor.send({ type: 'ring' });
    expect(inspector.seen).toBeGreaterThan(0);
  });

  it('tells inspectors of events until they have heard enough', () => {
    const { actor, system } = start();
    const seen: string[] = [];
    const first = system.inspect((event) => event.type === '@xstate.event' && seen.push(`first ${event.rootId}`));
    system.inspect({ next: (event) => event.type === '@xstate.event' && seen.push(`second ${event.event.type}`) });
    actor.send({ type: 'ring' });
    first.unsubscribe();
    actor.send({ type: 'ring' });
    expect(seen).toEqual([`first ${actor.sessionId}`, 'second ring', 'second ring']);
  });
});
