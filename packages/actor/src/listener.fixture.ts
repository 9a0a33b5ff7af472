import { createActor, setup } from 'xstate';
import type { InfoEvent } from './message.ts';
import type { Monitorable } from './monitor.ts';

/** An actor that hands on what it is told, and lives until it is stopped, or until `heard` throws. */
export const startListener = <Message = string>(heard: (message: Message) => void = () => {}) =>
  createActor(
    setup({ types: { events: {} as InfoEvent<Message> } }).createMachine({
      on: { info: { actions: ({ event }) => heard(event.message) } },
    }),
  ).start();

export type Listener<Message = string> = ReturnType<typeof startListener<Message>>;

/** How many observers an actor has: monitors, above all. */
export function observersOf(actor: object): number {
  if (!('observers' in actor) || !(actor.observers instanceof Set)) throw new TypeError('no xstate actor');
  return actor.observers.size;
}

/** Keys that are no plain data where an object is taken for a map. */
export const hostileNames: readonly string[] = [
  '__proto__',
  'toString',
  'constructor',
  'hasOwnProperty',
  'valueOf',
  '',
  '0',
];

/** What lives for ever and costs next to nothing. */
export const startImmortal = (): Monitorable & { send(event: InfoEvent<string>): void } => ({
  getSnapshot: () => ({ status: 'active' as const, output: undefined, error: undefined }),
  subscribe: () => ({ unsubscribe: () => {} }),
  send: () => {},
});
