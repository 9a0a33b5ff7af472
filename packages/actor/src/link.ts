import { type Process, passOn } from './exit-signal.ts';
import { demonitor, type MonitorRef, monitor } from './monitor.ts';

/** Two processes, each of which is watched for the other. */
class Link {
  readonly #first: Process;
  readonly #second: Process;
  readonly #monitors: readonly MonitorRef[];

  constructor(first: Process, second: Process) {
    this.#first = first;
    this.#second = second;
    this.#monitors = [this.#pass(first, second), this.#pass(second, first)];
    linksOf(first).set(second, this);
    linksOf(second).set(first, this);
  }

  dissolve(): void {
    for (const ref of this.#monitors) demonitor(ref);
    forget(this.#first, this.#second);
    forget(this.#second, this.#first);
  }

  #pass(from: Process, to: Process): MonitorRef {
    return monitor(from, ({ reason }) => {
      this.dissolve();
      passOn(to, reason, from);
    });
  }
}

const links = new WeakMap<Process, Map<Process, Link>>();

function linksOf(process: Process): Map<Process, Link> {
  const known = links.get(process) ?? new Map<Process, Link>();
  links.set(process, known);
  return known;
}

function forget(process: Process, other: Process): void {
  const known = links.get(process);
  known?.delete(other);
  if (known?.size === 0) links.delete(process);
}

/**
 * Tie two processes together: when one ends, the other gets an exit signal with its reason, which ends it too unless
 * that reason is `normal` or its own `exit` decides otherwise. When one has ended already, the other gets `noproc`, not
 * before `link` has returned. Links have no direction, and two processes have one at most.
 */
export function link(first: Process, second: Process): void {
  if (first !== second && !links.get(first)?.has(second)) new Link(first, second);
}

/** Take back a {@link link}: no signal comes of it any more, not even one that was under way. */
export function unlink(first: Process, second: Process): void {
  links.get(first)?.get(second)?.dissolve();
}
