import { fileURLToPath } from 'node:url';
import { Child } from '../child.ts';
import type { Assignment, Order, Sample } from './load.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));

/** A process that drives one server. */
export class Generator implements AsyncDisposable {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Start it; resolves when all its connections are open. */
  static async start(assignment: Assignment): Promise<Generator> {
    const child = new Child(program, { parameters: [JSON.stringify(assignment)] });
    const ready: string = await child.receive();
    if (ready !== 'ready') throw new Error(`the generator says ${ready}`);
    return new Generator(child);
  }

  /** Drive the server for some time. */
  measure(order: Order): Promise<Sample> {
    return this.#child.ask(order);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}
