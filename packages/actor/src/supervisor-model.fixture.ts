import type { Strategy } from './child-list.ts';
import type { RestartType } from './child-spec.ts';

/** A worker, or a supervisor of such. */
export interface Plan {
  readonly id: string;
  readonly restart: RestartType;
  readonly supervisor?: {
    readonly strategy: Strategy;
    readonly intensity: number;
    readonly period: number;
    readonly children: readonly Plan[];
  };
}

/** What a model shares with the other models of its tree. */
export class World {
  now = 0;
  readonly journal: string[] = [];
  readonly sabotaged = new Map<string, number>();
  /** Attempts at a restart that are still to be made. */
  readonly attempts: (() => void)[] = [];
}

interface Kid {
  readonly plan: Plan;
  state: 'running' | 'restarting' | 'stopped';
  restarts: number;
  model: Model | undefined;
}

/** Erlang's supervisor as a plain program, for workers that end when they are asked to. */
export class Model {
  readonly plan: Plan;
  readonly world: World;
  readonly parent: Model | undefined;
  readonly rule: NonNullable<Plan['supervisor']>;
  kids: Kid[];
  alive = true;
  restarts: number[] = [];

  constructor(plan: Plan, world: World, parent?: Model) {
    this.plan = plan;
    this.world = world;
    this.parent = parent;
    this.rule = plan.supervisor ?? { strategy: 'oneForOne', intensity: 1, period: 5000, children: [] };
    this.kids = this.rule.children.map((child) => ({ plan: child, state: 'stopped', restarts: 0, model: undefined }));
  }

  init(): boolean {
    return this.kids.every((kid) => this.start(kid)) || this.stop();
  }

  start(kid: Kid): boolean {
    const { id, supervisor } = kid.plan;
    const failures = this.world.sabotaged.get(id) ?? 0;
    this.world.sabotaged.set(id, failures - 1);
    if (supervisor === undefined) this.world.journal.push(`${failures > 0 ? 'fail' : 'start'} ${id}`);
    kid.model = supervisor && new Model(kid.plan, this.world, this);
    const started = supervisor === undefined ? failures <= 0 : kid.model?.init() === true;
    kid.state = started ? 'running' : 'stopped';
    return started;
  }

  terminate(kid: Kid): void {
    if (kid.state === 'running' && kid.model === undefined) this.world.journal.push(`end ${kid.plan.id}`);
    if (kid.state === 'running') kid.model?.stop();
    this.bury(kid);
  }

  bury(kid: Kid): void {
    kid.state = 'stopped';
    if (kid.plan.restart === 'temporary') this.kids = this.kids.filter((other) => other !== kid);
  }

  stop(): false {
    this.alive = false;
    for (const kid of this.kids.toReversed()) this.terminate(kid);
    return false;
  }

  /** A child has ended. */
  down(kid: Kid, orderly: boolean): void {
    const { restart } = kid.plan;
    this.bury(kid);
    if (restart === 'permanent' || (restart === 'transient' && !orderly)) this.restart(kid);
  }

  restart(kid: Kid): void {
    const { strategy, intensity, period } = this.rule;
    this.restarts = [...this.restarts.filter((then) => this.world.now <= then + period), this.world.now];
    if (this.restarts.length > intensity) {
      kid.state = 'stopped';
      this.stop();
      this.gone(true);
      return;
    }
    const first = strategy === 'oneForAll' ? 0 : this.kids.indexOf(kid);
    const affected = this.kids.slice(first, strategy === 'oneForOne' ? first + 1 : undefined);
    for (const other of affected.toReversed()) this.terminate(other);
    const failed = affected.filter((other) => this.kids.includes(other)).find((other) => !this.restarted(other));
    if (failed !== undefined) this.tryAgain(failed);
  }

  restarted(kid: Kid): boolean {
    const started = this.start(kid);
    if (started) kid.restarts++;
    return started;
  }

  tryAgain(kid: Kid): void {
    kid.state = 'restarting';
    this.world.attempts.push(() => {
      if (this.alive && kid.state === 'restarting') this.restart(kid);
    });
  }

  /** It has ended itself. */
  gone(orderly: boolean): void {
    const kid = this.parent?.kids.find(({ model }) => model === this);
    if (kid !== undefined) this.parent?.down(kid, orderly);
  }

  /** startChild, restartChild, terminateChild, deleteChild: the code of the answer. */
  ask(verb: string, plan: Plan): string {
    const kid = this.kids.find((candidate) => candidate.plan.id === plan.id);
    if (verb === 'startChild') {
      if (kid !== undefined) return kid.state === 'running' ? 'alreadyStarted' : 'alreadyPresent';
      const born: Kid = { plan, state: 'stopped', restarts: 0, model: undefined };
      this.kids.push(born);
      if (this.start(born)) return 'ok';
      this.kids.pop();
      return 'failedToStartChild';
    }
    if (kid === undefined) return 'notFound';
    if (verb === 'terminateChild') this.terminate(kid);
    else if (kid.state !== 'stopped') return kid.state;
    else if (verb === 'deleteChild') this.kids = this.kids.filter((other) => other !== kid);
    else if (!this.start(kid)) return 'failedToStartChild';
    return 'ok';
  }
}
