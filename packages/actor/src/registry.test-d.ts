import { describe, expectTypeOf, it } from 'vitest';
import type { Recipient } from './message.ts';
import type { Monitorable } from './monitor.ts';
import {
  createRegistry,
  lookup,
  type Registration,
  register,
  registeredKeys,
  unregister,
  whereis,
} from './registry.ts';

interface Worker extends Recipient<string>, Monitorable {
  readonly name: string;
}

declare const worker: Worker;
declare const stranger: Monitorable;

const names = createRegistry<string, Worker>({ keys: 'unique' });
const topics = createRegistry<symbol, Worker>({ keys: 'duplicate' });

describe('a registry', () => {
  it('gives back what was registered, by keys of its type', () => {
    const outcome = register(names, 'clock', worker);
    expectTypeOf(outcome).toEqualTypeOf<Registration<Worker>>();
    if (!outcome.ok && outcome.code === 'alreadyRegistered') expectTypeOf(outcome.member).toEqualTypeOf<Worker>();
    expectTypeOf(whereis(names, 'clock')).toEqualTypeOf<Worker | undefined>();
    expectTypeOf(lookup(topics, Symbol())).toEqualTypeOf<Worker[]>();
    expectTypeOf(lookup(names, 'clock')).toEqualTypeOf<Worker[]>();
    expectTypeOf(registeredKeys(topics, worker)).toEqualTypeOf<symbol[]>();
    // @ts-expect-error a key is a string
    register(names, 1, worker);
    // @ts-expect-error no worker
    register(names, 'clock', stranger);
    // @ts-expect-error a key is a symbol
    unregister(topics, 'clock', worker);
  });

  it('has no whereis where a key may stand for many', () => {
    // @ts-expect-error lookup has them all
    whereis(topics, Symbol());
    // @ts-expect-error unique or duplicate
    createRegistry<string, Worker>({ keys: 'many' });
    // @ts-expect-error unique or duplicate?
    createRegistry<string, Worker>();
  });
});
