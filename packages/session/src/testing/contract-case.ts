import { AssertionError } from 'node:assert/strict';
import { Scene } from './scene.ts';
import type { MakeTransportPair, TransportFeature } from './transport-pair.ts';

/** How the contract is tested. */
export interface ContractSettings {
  /** How long what is promised may take, for a case as a whole, ms. Default 5,000. */
  readonly patience?: number | undefined;
}

/** One promise that every transport makes. */
export interface ContractCase {
  /** The promise: `delivers at most as many batches as activate allows`. */
  readonly title: string;
  /**
   * Make a pair, and see whether its transport keeps the promise. Rejects with an `AssertionError` that begins with the
   * title if it does not, and with the error of `makePair` if there is no pair.
   */
  run(makePair: MakeTransportPair, settings?: ContractSettings): Promise<void>;
}

/** A promise, and how it is put to the test. */
export function contractCase(title: string, play: (scene: Scene) => Promise<void>): ContractCase {
  return {
    title,
    async run(makePair, { patience = 5000 } = {}) {
      const scene = new Scene(await makePair(), patience);
      try {
        await play(scene);
      } catch (error) {
        throw broken(title, error);
      } finally {
        await scene[Symbol.asyncDispose]();
      }
    },
  };
}

/** The same for a promise that only transports with a feature make; without it there must be no trace of it. */
export function featureCase(
  feature: Extract<TransportFeature, 'receive' | 'peername'>,
  title: string,
  play: (scene: Scene) => Promise<void>,
): ContractCase {
  return contractCase(title, async (scene) => {
    if (!scene.lacks(feature)) return play(scene);
    if (scene.near[feature] !== undefined) throw new AssertionError({ message: `it is said to lack ${feature}` });
  });
}

/** An error as the breach of a promise. */
function broken(title: string, error: unknown): AssertionError {
  if (!(error instanceof AssertionError)) {
    return Object.assign(new AssertionError({ message: `${title}: ${error}` }), { cause: error });
  }
  const { message, actual, expected, operator } = error;
  return new AssertionError({ message: `${title}: ${message}`, actual, expected, operator });
}
