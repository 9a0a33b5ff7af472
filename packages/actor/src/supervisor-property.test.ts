import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Strategy } from './child-list.ts';
import type { ChildSpec } from './child-spec.ts';
import type { Clock } from './clock.ts';
import { exit } from './exit-signal.ts';
import { Supervisor } from './supervisor.ts';
import { Model, type Plan, World } from './supervisor-model.fixture.ts';
import { deleteChild, restartChild, startChild, terminateChild } from './supervisor-verbs.ts';
import { boom, normal, shutdown, Workshop } from './worker.fixture.ts';

const reasons = { crash: boom, normal, shutdown };
const verbs = ['startChild', 'restartChild', 'terminateChild', 'deleteChild'] as const;
type Verb = (typeof verbs)[number];

/** What happens to a tree. Numbers choose among those there are. */
type Command =
  | { readonly type: 'end'; readonly worker: number; readonly reason: keyof typeof reasons }
  | { readonly type: 'exit'; readonly supervisor: number; readonly brutally: boolean }
  | { readonly type: 'ask'; readonly verb: Verb; readonly supervisor: number; readonly child: number }
  | { readonly type: 'sabotage'; readonly worker: number; readonly times: number }
  | { readonly type: 'pass'; readonly ms: number };

const choice = fc.nat(1000);
const type = <Type extends Command['type']>(name: Type) => fc.constant<Type>(name);
const end: fc.Arbitrary<Command> = fc.record({
  type: type('end'),
  worker: choice,
  reason: fc.constantFrom<keyof typeof reasons>('crash', 'crash', 'normal', 'shutdown'),
});
const leave: fc.Arbitrary<Command> = fc.record({ type: type('exit'), supervisor: choice, brutally: fc.boolean() });
const ask: fc.Arbitrary<Command> = fc.record({
  type: type('ask'),
  verb: fc.constantFrom(...verbs),
  supervisor: choice,
  child: choice,
});
const sabotage: fc.Arbitrary<Command> = fc.record({
  type: type('sabotage'),
  worker: choice,
  times: fc.integer({ min: 1, max: 3 }),
});
const pass: fc.Arbitrary<Command> = fc.record({
  type: type('pass'),
  ms: fc.constantFrom(0, 1, 500, 999, 1000, 1001),
});
const commands = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: end },
    { weight: 1, arbitrary: leave },
    { weight: 6, arbitrary: ask },
    { weight: 4, arbitrary: sabotage },
    { weight: 6, arbitrary: pass },
  ),
  { maxLength: 60, size: 'max' },
);

type Shape = Omit<Plan, 'id'>;
const restart = fc.constantFrom('permanent' as const, 'permanent' as const, 'transient' as const, 'temporary' as const);
const supervisorOf = (children: fc.Arbitrary<Shape>): fc.Arbitrary<Shape> =>
  fc.record({
    restart,
    supervisor: fc.record({
      strategy: fc.constantFrom<Strategy>('oneForOne', 'oneForAll', 'restForOne'),
      intensity: fc.constantFrom(0, 1, 2, 4, 8),
      period: fc.constant(1000),
      children: fc
        .array(children, { maxLength: 4, size: 'max' })
        .map((shapes) => shapes.map((shape, i) => named(`${i}`)(shape))),
    }),
  });
const worker: fc.Arbitrary<Shape> = fc.record({ restart });
const inner = supervisorOf(fc.oneof({ weight: 3, arbitrary: worker }, { weight: 1, arbitrary: supervisorOf(worker) }));
const tree = supervisorOf(fc.oneof({ weight: 2, arbitrary: worker }, { weight: 1, arbitrary: inner })).map(named('0'));

/** Everybody is called by their place in the tree. */
function named(id: string): (shape: Shape) => Plan {
  return ({ restart, supervisor }) => ({
    id,
    restart,
    ...(supervisor && {
      supervisor: { ...supervisor, children: supervisor.children.map((child, i) => named(`${id}.${i}`)(child)) },
    }),
  });
}

/** A clock on which one timer goes off at a time. */
class TurnClock implements Clock {
  readonly #timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  #now = 0;
  #ids = 0;

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): number {
    this.#timers.set(++this.#ids, { at: this.#now + ms, callback });
    return this.#ids;
  }

  clearTimeout(id: number): void {
    this.#timers.delete(id);
  }

  /** Whether a timer was due. */
  turn(): boolean {
    const due = [...this.#timers].find(([, { at }]) => at <= this.#now);
    if (due === undefined) return false;
    this.#timers.delete(due[0]);
    due[1].callback();
    return true;
  }

  pass(ms: number): void {
    this.#now += ms;
  }
}

/** A tree of supervisors, and beside it the model of what it should do. */
class Trial {
  readonly #shop = new Workshop();
  readonly #clock = new TurnClock();
  readonly #world = new World();
  readonly #supervisors = new Map<string, Supervisor>();
  readonly #plans: Plan[] = [];
  readonly #root: Plan;
  readonly #model: Model;

  constructor(root: Plan) {
    const collect = (plan: Plan): void => {
      this.#plans.push(plan);
      plan.supervisor?.children.forEach(collect);
    };
    collect(root);
    this.#root = root;
    this.#model = new Model(root, this.#world);
  }

  async start(): Promise<void> {
    this.#model.init();
    await this.#spec(this.#root).start();
    this.#compare();
  }

  async run(command: Command): Promise<void> {
    switch (command.type) {
      case 'end':
        this.#end(command.worker, command.reason);
        break;
      case 'exit':
        this.#exit(command.supervisor, command.brutally);
        break;
      case 'ask':
        await this.#ask(command.verb, command.supervisor, command.child);
        break;
      case 'sabotage': {
        const plan = pick(this.#workers, command.worker);
        if (plan === undefined) break;
        this.#world.sabotaged.set(plan.id, command.times);
        this.#shop.sabotage(plan.id, command.times);
        break;
      }
      case 'pass':
        await this.#pass(command.ms);
    }
    await setImmediate();
    this.#compare();
  }

  get #workers(): Plan[] {
    return this.#plans.filter(({ supervisor }) => supervisor === undefined);
  }

  /** The supervisors alive, as far as the model knows. */
  get #models(): Model[] {
    return this.#model.alive ? [...within(this.#model)] : [];
  }

  #end(number: number, reason: keyof typeof reasons): void {
    const kids = this.#models.flatMap((model) =>
      model.kids.filter(({ state, plan }) => state === 'running' && !plan.supervisor).map((kid) => ({ model, kid })),
    );
    const chosen = pick(kids, number);
    if (chosen === undefined) return;
    const { model, kid } = chosen;
    this.#world.journal.push(`end ${kid.plan.id}`);
    model.down(kid, reason !== 'crash');
    this.#shop.worker(kid.plan.id).end(reasons[reason]);
  }

  #exit(number: number, brutally: boolean): void {
    const model = pick(this.#models, number);
    if (model === undefined) return;
    const supervisor = this.#supervisor(model);
    model.stop();
    model.gone(!brutally);
    exit(supervisor, brutally ? { type: 'killed' } : shutdown);
  }

  async #ask(verb: Verb, number: number, child: number): Promise<void> {
    const model = pick(this.#models, number);
    if (model === undefined) return;
    const plan = pick(model.rule.children, child);
    if (plan === undefined) return;
    const supervisor = this.#supervisor(model);
    const expected = model.ask(verb, plan);
    const answer = await {
      startChild: () => startChild(supervisor, this.#spec(plan)),
      restartChild: () => restartChild(supervisor, plan.id),
      terminateChild: () => terminateChild(supervisor, plan.id),
      deleteChild: () => deleteChild(supervisor, plan.id),
    }[verb]();
    expect(answer.ok ? 'ok' : answer.code).toBe(expected);
  }

  async #pass(ms: number): Promise<void> {
    for (let attempt = this.#world.attempts.shift(); attempt; attempt = this.#world.attempts.shift()) attempt();
    while (this.#clock.turn()) await setImmediate();
    this.#world.now += ms;
    this.#clock.pass(ms);
  }

  #compare(): void {
    const { journal } = this.#world;
    expect(this.#shop.news().map((line) => line.split(':', 1)[0])).toEqual(journal.splice(0));
    const root = this.#supervisors.get(this.#root.id);
    expect(root === undefined ? undefined : seen(root)).toEqual(expected(this.#model));
  }

  #supervisor({ plan }: Model): Supervisor {
    const supervisor = this.#supervisors.get(plan.id);
    if (supervisor === undefined) throw new Error(`no supervisor ${plan.id}`);
    return supervisor;
  }

  #spec({ id, restart, supervisor }: Plan): ChildSpec {
    if (supervisor === undefined) return this.#shop.spec(id, { restart });
    const { children, ...options } = supervisor;
    const start = async (): Promise<Supervisor> => {
      const specs = children.map((child) => this.#spec(child));
      const started = await this.#shop.supervise(specs, { ...options, id, clock: this.#clock });
      this.#supervisors.set(id, started);
      return started;
    };
    return { id, restart, start };
  }
}

const pick = <One>(all: readonly One[], number: number): One | undefined => all[number % all.length];

function* within(model: Model): Generator<Model> {
  yield model;
  for (const kid of model.kids) if (kid.state === 'running' && kid.model !== undefined) yield* within(kid.model);
}

/** How a supervisor should look. */
const expected = (model: Model): unknown =>
  model.alive && {
    restarts: model.restarts.length,
    children: model.kids.map(({ plan, state, restarts, model: nested }) => ({
      id: plan.id,
      state,
      restarts,
      nested: state === 'running' && nested !== undefined && expected(nested),
    })),
  };

/** How it looks. */
function seen(supervisor: Supervisor): unknown {
  const { status, value, context } = supervisor.getSnapshot();
  if (status !== 'active') return false;
  expect(value).toBe('running');
  return {
    restarts: context.restarts.length,
    children: context.children.map(({ id, state, restarts, process }) => ({
      id,
      state,
      restarts,
      nested: process instanceof Supervisor && seen(process),
    })),
  };
}

it('supervisors start, restart, end and give up exactly as Erlang’s do, whatever happens to their children', async () => {
  await fc.assert(
    fc.asyncProperty(tree, commands, async (root, sequence) => {
      const trial = new Trial(root);
      await trial.start();
      for (const command of sequence) await trial.run(command);
    }),
    { numRuns: 500 },
  );
});
