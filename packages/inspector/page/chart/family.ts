import type { ChartState } from '../../src/protocol.ts';

/** Which states of a chart are in which. */
export class Family {
  readonly #ids: ReadonlySet<string>;
  readonly #parents = new Map<string, string>();
  readonly #children = new Map<string, ChartState[]>();

  constructor(states: readonly ChartState[]) {
    this.#ids = new Set(states.map(({ id }) => id));
    for (const state of states) {
      const { id, parent } = state;
      // A state that would be in itself stands alone.
      if (parent === undefined || !this.has(parent) || parent === id || this.isWithin(parent, id)) continue;
      this.#parents.set(id, parent);
      this.#children.set(parent, [...(this.#children.get(parent) ?? []), state]);
    }
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  isCompound(id: string): boolean {
    return this.#children.has(id);
  }

  /** The state around one. */
  parentOf(id: string): string | undefined {
    return this.#parents.get(id);
  }

  isWithin(id: string, outer: string): boolean {
    const parent = this.#parents.get(id);
    return parent !== undefined && (parent === outer || this.isWithin(parent, outer));
  }

  /** The leaf that one is in after entering a state. */
  firstLeaf(id: string): string {
    const children = this.#children.get(id) ?? [];
    const first = children.find(({ initial }) => initial) ?? children[0];
    return first === undefined ? id : this.firstLeaf(first.id);
  }

  /** The leaf that stands nearest to what comes after a state. */
  lastLeaf(id: string): string {
    const last = this.#children.get(id)?.at(-1);
    return last === undefined ? id : this.lastLeaf(last.id);
  }
}
