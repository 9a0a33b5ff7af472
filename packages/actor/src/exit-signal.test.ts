import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, fromTransition, setup } from 'xstate';
import type { AnyExitReason } from './exit-reason.ts';
import { exit, type Process } from './exit-signal.ts';
import { monitor } from './monitor.ts';
import { boom, normal, shutdown, Worker } from './worker.fixture.ts';

const startPlain = () => createActor(fromCallback(() => {})).start();

/** Why a process ends. */
function endOf(process: Process): AnyExitReason[] {
  const ends: AnyExitReason[] = [];
  monitor(process, ({ reason }) => ends.push(reason));
  return ends;
}

describe('exit of an actor without a method exit', () => {
  it.each([shutdown, boom, { type: 'killed' }, { type: 'stop', reason: 'enough' }])('stops it: $type', (reason) => {
    const target = startPlain();
    const ends = endOf(target);
    exit(target, reason);
    expect(ends).toEqual([{ type: 'killed' }]);
  });

  it('is ignored when the reason is normal, unless it comes from the actor itself, as in Erlang', () => {
    const target = startPlain();
    const ends = endOf(target);
    exit(target, normal, startPlain());
    exit(target, normal);
    expect(ends).toEqual([]);
    exit(target, normal, target);
    expect(ends).toHaveLength(1);
  });

  it('ends one whose logic does not notice that it is stopped, once', () => {
    const target = createActor(fromTransition((count: number) => count + 1, 0)).start();
    const ends = endOf(target);
    exit(target, shutdown);
    exit(target, shutdown);
    expect(ends).toEqual([{ type: 'killed' }]);
  });

  it('stops an actor that xstate leaves to its parent, and the parent lives on', () => {
    const parent = createActor(
      setup({ actors: { child: fromCallback(() => {}) } }).createMachine({ invoke: { src: 'child', id: 'child' } }),
    ).start();
    const child: unknown = parent.getSnapshot().children.child;
    if (!isProcess(child)) throw new Error('no child');
    const ends = endOf(child);
    exit(child, shutdown);
    expect(ends).toEqual([{ type: 'killed' }]);
    expect(parent.getSnapshot().status).toBe('active');
  });
});

describe('exit of a process that takes signals', () => {
  it('hands it reason and sender, normal included, and leaves the rest to it', () => {
    const target = new Worker('deaf').start();
    const from = startPlain();
    exit(target, normal, from);
    exit(target, shutdown);
    expect(target.signals).toEqual([
      { type: 'exit', from, reason: normal },
      { type: 'exit', from: undefined, reason: shutdown },
    ]);
    expect(target.signals[0]?.from).toBe(from);
    expect(target.getSnapshot().status).toBe('active');
  });

  it('ends it when it is killed, even if it does not obey', () => {
    const told: string[] = [];
    const disobedient: Process = Object.assign(startPlain(), {
      exit: ({ reason }: { reason: AnyExitReason }) => told.push(reason.type),
    });
    const ends = endOf(disobedient);
    exit(disobedient, shutdown);
    expect(ends).toEqual([]);
    exit(disobedient, { type: 'killed' });
    expect([told, ends]).toEqual([['shutdown', 'killed'], [{ type: 'killed' }]]);
  });

  it('ends it when it throws, and throws the same', () => {
    const target = new Worker('rude').start();
    const ends = endOf(target);
    expect(() => exit(target, shutdown)).toThrow('rude');
    expect(ends).toEqual([{ type: 'killed' }]);
  });

  it('does nothing once it has ended', () => {
    const target = new Worker().start();
    exit(target, shutdown);
    exit(target, shutdown);
    exit(target, { type: 'killed' });
    expect(target.signals).toHaveLength(1);
    expect(target.getSnapshot().output).toEqual(shutdown);
  });
});

const isProcess = (value: unknown): value is Process => typeof value === 'object' && value !== null && 'stop' in value;
