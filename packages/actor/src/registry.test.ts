import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor, fromTransition } from 'xstate';
import { hostileNames, type Listener, observersOf, startImmortal, startListener } from './listener.fixture.ts';
import { monitor } from './monitor.ts';
import { createRegistry, lookup, register, registeredKeys, unregister, whereis } from './registry.ts';

const unique = () => createRegistry<unknown, Listener>({ keys: 'unique' });
const duplicate = () => createRegistry<unknown, Listener>({ keys: 'duplicate' });

describe('a registry with unique keys', () => {
  it('finds an actor under each of its keys', () => {
    const registry = unique();
    const [first, second] = [startListener(), startListener()];
    const keys = ['name', 7, Symbol('s'), { an: 'object' }, undefined, null, Number.NaN];
    for (const key of keys) expect(register(registry, key, first)).toEqual({ ok: true });
    expect(register(registry, 'other', second)).toEqual({ ok: true });
    expect(keys.map((key) => whereis(registry, key) === first)).toEqual(keys.map(() => true));
    expect(whereis(registry, 'other')).toBe(second);
    expect(whereis(registry, 'nobody')).toBeUndefined();
    expect(lookup(registry, 'name')).toEqual([first]);
    expect(registeredKeys(registry, first)).toEqual(keys);
    expect(registry.size).toBe(8);
    expect(registry.keys).toBe('unique');
  });

  it('leaves a taken key with who has it, and tells who that is', () => {
    const registry = unique();
    const [first, second] = [startListener(), startListener()];
    register(registry, 'name', first);
    for (const member of [first, second]) {
      const outcome = register(registry, 'name', member);
      expect(outcome).toMatchObject({ ok: false, code: 'alreadyRegistered' });
      expect(!outcome.ok && outcome.code === 'alreadyRegistered' && outcome.member === first).toBe(true);
    }
    expect(whereis(registry, 'name')).toBe(first);
  });

  it('takes an actor out under one key, and lets nobody take out another', () => {
    const registry = unique();
    const [first, second] = [startListener(), startListener()];
    register(registry, 'a', first);
    register(registry, 'b', first);
    unregister(registry, 'a', second);
    unregister(registry, 'c', first);
    expect(whereis(registry, 'a')).toBe(first);
    unregister(registry, 'a', first);
    unregister(registry, 'a', first);
    expect(whereis(registry, 'a')).toBeUndefined();
    expect(registeredKeys(registry, first)).toEqual(['b']);
    expect(register(registry, 'a', second)).toEqual({ ok: true });
  });

  it('gives a key to the successor while the end of its holder is still being told', () => {
    const registry = unique();
    const [first, second, third] = [startListener(), startListener(), startListener()];
    const seen: unknown[] = [];
    // Set first, so told first: the registry has not heard yet.
    monitor(first, () => {
      seen.push(whereis(registry, 'name'), lookup(registry, 'name'), registeredKeys(registry, first));
      seen.push(register(registry, 'name', second));
    });
    register(registry, 'name', first);
    register(registry, 'other', first);
    first.stop();
    expect(seen).toEqual([undefined, [], [], { ok: true }]);
    expect(whereis(registry, 'name')).toBe(second);
    expect(register(registry, 'other', third)).toEqual({ ok: true });
    expect(registeredKeys(registry, first)).toEqual([]);
    second.stop();
    expect(registry.size).toBe(1);
  });
});

describe('a registry with duplicate keys', () => {
  it('finds all actors under a key, in the order in which they were registered', () => {
    const registry = duplicate();
    const actors = [1, 2, 3].map(() => startListener());
    for (const actor of actors) expect(register(registry, 'topic', actor)).toEqual({ ok: true });
    expect(lookup(registry, 'topic')).toEqual(actors);
    expect(lookup(registry, 'nobody’s')).toEqual([]);
    const [first, second, third] = actors;
    if (second !== undefined) unregister(registry, 'topic', second);
    expect(lookup(registry, 'topic')).toEqual([first, third]);
  });

  it('takes in and lets go of 100,000 actors under one key without going through them all for each', () => {
    const registry = createRegistry<string, ReturnType<typeof startImmortal>>({ keys: 'duplicate' });
    const actors = Array.from({ length: 100_000 }, startImmortal);
    for (const actor of actors) register(registry, 'topic', actor);
    expect(lookup(registry, 'topic')).toHaveLength(100_000);
    for (const actor of actors) unregister(registry, 'topic', actor);
    expect(registry.size).toBe(0);
  });

  it('registers an actor once under each key', () => {
    const registry = duplicate();
    const [first, second] = [startListener(), startListener()];
    register(registry, 'topic', second);
    register(registry, 'topic', first);
    const outcome = register(registry, 'topic', first);
    expect(!outcome.ok && outcome.code === 'alreadyRegistered' && outcome.member === first).toBe(true);
    expect(lookup(registry, 'topic')).toEqual([second, first]);
    unregister(registry, 'topic', first);
    expect(lookup(registry, 'topic')).toEqual([second]);
  });
});

describe.each([
  ['unique', unique],
  ['duplicate', duplicate],
])('any registry: %s keys', (_, create) => {
  it('loses an actor that ends or crashes under all its keys, and goes back to nothing', () => {
    const registry = create();
    const [stopped, crashed] = [
      startListener(),
      startListener(() => {
        throw new Error('boom');
      }),
    ];
    register(registry, 'a', stopped);
    register(registry, 'b', stopped);
    register(registry, 'c', crashed);
    expect(registry.size).toBe(3);
    stopped.stop();
    expect(registry.size).toBe(1);
    crashed.send({ type: 'info', message: 'go' });
    expect(registry.size).toBe(0);
    expect(lookup(registry, 'a')).toEqual([]);
  });

  it('does not register the dead', () => {
    const registry = create();
    const dead = startListener();
    dead.stop();
    expect(register(registry, 'name', dead)).toEqual({ ok: false, code: 'noproc' });
    expect(registry.size).toBe(0);
  });

  it('G18: takes names such as __proto__ and toString for plain data', () => {
    const registry = create();
    expect(hostileNames.flatMap((name) => lookup(registry, name))).toEqual([]);
    const actors = hostileNames.map((name) => {
      const actor = startListener();
      expect(register(registry, name, actor)).toEqual({ ok: true });
      return actor;
    });
    expect(hostileNames.map((name) => lookup(registry, name)[0])).toEqual(actors);
    for (const actor of actors) actor.stop();
    expect(registry.size).toBe(0);
  });

  it('watches an actor with one monitor under however many keys, and takes it back with the last', () => {
    const registry = create();
    const actor = startListener();
    for (let key = 0; key < 100; key++) register(registry, key, actor);
    expect(observersOf(actor)).toBe(1);
    for (let key = 0; key < 99; key++) unregister(registry, key, actor);
    expect(observersOf(actor)).toBe(1);
    unregister(registry, 99, actor);
    expect(observersOf(actor)).toBe(0);
    expect(registry.size).toBe(0);
  });

  it('loses an actor whose logic does not notice that it is stopped', () => {
    const registry = createRegistry<string, ReturnType<typeof startUnaware>>({ keys: 'unique' });
    const actor = startUnaware();
    register(registry, 'name', actor);
    actor.stop();
    expect(actor.getSnapshot().status).toBe('active');
    expect(whereis(registry, 'name')).toBeUndefined();
  });

  it('finds who a plain model finds, whoever registers, unregisters and dies', () => {
    const key = fc.constantFrom('a', 'b', '__proto__');
    const who = fc.nat({ max: 4 });
    const step = fc.tuple(fc.constantFrom('register', 'register', 'unregister', 'die'), key, who);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const registry = create();
        const actors = Array.from({ length: 5 }, () => startListener());
        let model: { readonly key: string; readonly actor: Listener }[] = [];
        for (const [action, name, index] of steps) {
          const actor = actors[index];
          if (actor === undefined) continue;
          const taken = model.filter((entry) => entry.key === name);
          const stands = taken.some((entry) => entry.actor === actor);
          if (action === 'die') {
            actor.stop();
            model = model.filter((entry) => entry.actor !== actor);
          } else if (action === 'unregister') {
            unregister(registry, name, actor);
            model = model.filter((entry) => entry.actor !== actor || entry.key !== name);
          } else {
            const dead = actor.getSnapshot().status !== 'active';
            const free = registry.keys === 'unique' ? taken.length === 0 : !stands;
            expect(register(registry, name, actor).ok).toBe(free && !dead);
            if (free && !dead) model.push({ key: name, actor });
          }
          for (const each of ['a', 'b', '__proto__']) {
            const found = lookup(registry, each).map((one) => actors.indexOf(one));
            expect(found).toEqual(model.filter((entry) => entry.key === each).map((one) => actors.indexOf(one.actor)));
          }
        }
        for (const actor of actors) actor.stop();
        expect(registry.size).toBe(0);
        expect(actors.map(observersOf)).toEqual([0, 0, 0, 0, 0]);
      }),
    );
  });
});

const startUnaware = () => createActor(fromTransition((context: undefined) => context, undefined)).start();
