import { createWebSocketInspector, createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { close, defineHandler, listen, sessionMachine } from 'genws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { eventually, startInspected } from '../support/inspected.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const logger = (): void => {};

/** What the receiver of `@statelyai/inspect` makes of what is at an address. */
function receive(url: string): StatelyInspectionEvent[] {
  const events: StatelyInspectionEvent[] = [];
  const { unsubscribe } = createWebSocketReceiver({ server: url }).subscribe((event) => events.push(event));
  onTestFinished(unsubscribe);
  return events;
}

const addressOf = (inspectorUrl: string, session?: string): string =>
  `${inspectorUrl.replace('http', 'ws')}/stately${session === undefined ? '' : `?session=${session}`}`;

/** The kinds of the parts of something, those of objects included. */
const shapeOf = (value: object): Record<string, string> =>
  Object.fromEntries(Object.entries(value).map(([key, part]) => [key, part === null ? 'null' : typeof part]));

const typesOf = (events: readonly StatelyInspectionEvent[]): string[] => events.map(({ type }) => type);

describe("@statelyai/inspect's own receiver", () => {
  it('understands the life of a session: open, a message, its end', async () => {
    await using inspected = await startInspected();
    const { session, say } = await inspected.peer();
    const events = receive(addressOf(inspected.inspector.url, session.id));
    await eventually(() => events.length === 1);
    expect(events[0]).toMatchObject({
      type: '@xstate.actor',
      name: session.id,
      sessionId: session.sessionId,
      rootId: session.sessionId,
      _version: '0.7.2',
      snapshot: { status: 'active', value: 'open', context: { busy: false, active: true } },
    });
    say('hello');
    await eventually(() => events.length >= 3);
    expect(events.slice(1, 3)).toMatchObject([
      { type: '@xstate.event', event: { type: 'transport.data' }, sessionId: session.sessionId },
      { type: '@xstate.snapshot', event: { type: 'transport.data' }, snapshot: { status: 'active', value: 'open' } },
    ]);
    close(session, 4000, 'enough');
    await session.exited();
    const last = () => events.findLast((event) => event.type === '@xstate.snapshot');
    await eventually(() => last()?.snapshot.status === 'done');
    const values = events.flatMap((event) =>
      event.type === '@xstate.snapshot' ? [JSON.stringify(event.snapshot)] : [],
    );
    expect(values.some((value) => value.includes('"value":{"closing":"handshake"}'))).toBe(true);
    expect(last()).toMatchObject({ snapshot: { value: 'closed', output: { type: 'hidden', value: 'normal' } } });
    expect(new Set(typesOf(events))).toEqual(new Set(['@xstate.actor', '@xstate.event', '@xstate.snapshot']));
  });

  it('gets the definition of the machine, with its states and what leads from one to another', async () => {
    await using inspected = await startInspected();
    const { session } = await inspected.peer();
    const events = receive(addressOf(inspected.inspector.url, session.id));
    await eventually(() => events.length > 0);
    const [actor] = events;
    const definition = JSON.parse((actor?.type === '@xstate.actor' && actor.definition) || '{}');
    const machine = createMachine(definition);
    const paths = (state: typeof machine.root): string[] =>
      Object.values(state.states).flatMap((child) => [child.path.join('.'), ...paths(child)]);
    expect(paths(machine.root)).toEqual(pathsOf(sessionMachine.root));
    expect([definition.id, definition.initial]).toEqual(['session', 'ready_wait']);
    expect(Object.keys(definition.states.open.on)).toEqual(Object.keys(sessionMachine.config.states?.open?.on ?? {}));
  });

  it('is told of every session there is, if it asks for none', async () => {
    await using inspected = await startInspected();
    const ids = [await inspected.peer(), await inspected.peer()].map(({ session }) => session.sessionId);
    const events = receive(addressOf(inspected.inspector.url));
    await eventually(() => events.length === 2);
    expect(events.map(({ sessionId }) => sessionId)).toEqual(ids);
  });

  it('is told of nothing, if it asks for a session that is not there', async () => {
    await using inspected = await startInspected();
    const { session, say, heard } = await inspected.peer();
    const events = receive(addressOf(inspected.inspector.url, 'nobody'));
    const others = receive(addressOf(inspected.inspector.url, session.id));
    await eventually(() => others.length > 0);
    say('hello');
    await heard.next();
    await eventually(() => others.length > 2);
    expect(events).toEqual([]);
  });

  it('gets the same parts as from its own inspector of a machine, of the same kinds', async () => {
    const theirs: StatelyInspectionEvent[] = [];
    await using sink = await listen({
      host: '127.0.0.1',
      logger,
      handler: defineHandler({
        init: () => ['ok', undefined],
        handleIn(frame) {
          if (frame.type === 'text') theirs.push(JSON.parse(frame.data));
          return ['ok', undefined];
        },
      }),
    });
    const inspector = createWebSocketInspector({ url: sink.url });
    const machine = createMachine({
      id: 'door',
      initial: 'shut',
      states: { shut: { on: { open: 'ajar' } }, ajar: {} },
    });
    const door = createActor(machine, { inspect: inspector.inspect }).start();
    door.send({ type: 'open' });

    await using inspected = await startInspected();
    const { session, say } = await inspected.peer();
    const ours = receive(addressOf(inspected.inspector.url, session.id));
    await eventually(() => ours.length === 1);
    say('hello');
    await eventually(() => ours.length >= 3 && theirs.some(({ type }) => type === '@xstate.snapshot'));
    for (const type of ['@xstate.actor', '@xstate.event', '@xstate.snapshot']) {
      const [one, other] = [ours, theirs].map((events) => events.findLast((event) => event.type === type));
      expect(shapeOf(one ?? {})).toEqual(shapeOf(other ?? {}));
      if (one === undefined || other === undefined || !('snapshot' in one) || !('snapshot' in other)) continue;
      expect(shapeOf(other.snapshot)).toMatchObject(shapeOf({ ...one.snapshot }));
    }
    inspector.stop();
    door.stop();
  });

  it('J13: is told 200 events a quarter of a second of a session that is busy, and every change of its state', async () => {
    await using inspected = await startInspected();
    await inspected.peer();
    const [session] = inspected.server.sessions.children();
    const events = receive(addressOf(inspected.inspector.url));
    await eventually(() => events.length === 1);
    const began = performance.now();
    for (let count = 0; count < 20_000; count++) session?.send({ type: 'info', message: 'news' });
    const took = performance.now() - began;
    session?.send({ type: 'close', frame: { type: 'close', code: 4000 } });
    await session?.exited();
    const snapshots = () => events.flatMap((event) => ('snapshot' in event ? [JSON.stringify(event.snapshot)] : []));
    await eventually(() => snapshots().at(-1)?.includes('"status":"done"') === true);
    expect(events.length).toBeLessThan(200 * (3 + took / 250));
    expect(snapshots().filter((snapshot) => snapshot.includes('"closing"')).length).toBeGreaterThan(1);
  });

  it('leaves no inspector behind', async () => {
    await using inspected = await startInspected();
    const { session } = await inspected.peer();
    const socket = new WebSocket(addressOf(inspected.inspector.url, session.id));
    await eventually(() => Reflect.get(session.system, 'inspected') === true);
    socket.close();
    await eventually(() => Reflect.get(session.system, 'inspected') === false);
  });
});

/** The states of the session machine. */
function pathsOf(state: typeof sessionMachine.root): string[] {
  return Object.values(state.states).flatMap((child) => [child.path.join('.'), ...pathsOf(child)]);
}
