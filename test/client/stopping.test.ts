import { type Client, close, defineHandler, exit, queue, send, stop, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { type FakeServer, startFakeServer, switching } from '../support/fake-server.ts';
import type { RawConnection } from '../support/raw-connection.ts';
import { rawFrame } from '../support/raw-frame.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { startTestClient, type TestClient } from '../support/test-client.ts';

expectNoStrayErrors();

interface Scene extends TestClient<unknown> {
  readonly server: FakeServer;
  /** The server's end of the connection, where there is one. */
  readonly peer: RawConnection | undefined;
  /** What the handler and `prepare` were asked to do. */
  readonly calls: string[];
  readonly prepareSignal: AbortSignal | undefined;
}

/** A client in each state, and a server that does no more than it has to for that. */
const scenes: Readonly<Record<string, (server: FakeServer) => Promise<Scene>>> = {
  'connecting.preparing': async (server) => start(server, { prepares: true }),
  'connecting.dialling': async (server) => {
    const scene = start(server);
    const peer = await server.connections.next();
    await peer.head(); // there is no answer
    return { ...scene, peer };
  },
  'connecting.initialising': async (server) => answer(server, start(server, { initialises: true })),
  connected: async (server) => {
    const scene = await answer(server, start(server));
    await scene.client.connected();
    return scene;
  },
  waiting: async (server) => {
    const scene = start(server);
    (await server.connections.next()).end();
    return scene;
  },
  stopping: async (server) => {
    const scene = await answer(server, start(server));
    await scene.client.connected();
    close(scene.client);
    return scene;
  },
};

function start(
  server: FakeServer,
  pending: { readonly prepares?: boolean; readonly initialises?: boolean } = {},
): Scene {
  const calls: string[] = [];
  let prepareSignal: AbortSignal | undefined;
  const never = new Promise<never>(() => {});
  const test = startTestClient(server.url, {
    handler: defineHandler({
      init() {
        calls.push('init');
        return pending.initialises ? never : ['ok', undefined];
      },
      handleIn: () => ['ok', undefined],
      terminate: ({ type }) => void calls.push(`terminate ${type}`),
    }),
    whileDown: queue(),
    prepare(attempt, _failure, signal) {
      calls.push(`prepare ${attempt}`);
      prepareSignal = signal;
      return pending.prepares ? never : undefined;
    },
  });
  return {
    ...test,
    server,
    calls,
    peer: undefined,
    get prepareSignal() {
      return prepareSignal;
    },
  };
}

async function answer(server: FakeServer, scene: Scene): Promise<Scene> {
  const peer = await server.connections.next();
  await peer.write(switching(await peer.head()));
  return Object.assign(scene, { peer });
}

const endings: readonly { how: string; end: (client: Client) => void; exit: unknown }[] = [
  { how: 'stop()', end: (client) => stop(client, 'enough'), exit: { type: 'shutdown', reason: 'enough' } },
  { how: 'close()', end: (client) => close(client, 4000), exit: { type: 'normal' } },
  { how: 'an exit signal', end: (client) => exit(client, { type: 'noproc' }), exit: { type: 'shutdown' } },
  { how: 'killed', end: (client) => exit(client, { type: 'killed' }), exit: { type: 'killed' } },
];
const answered = rawFrame({ opcode: 8, payload: Buffer.from([0x03, 0xe8]) });

describe.each(Object.keys(scenes))('a client that is %s (I10)', (state) => {
  it.each(endings)('ends by $how: no timer, no connection, no event is left', async ({ how, end, exit: reason }) => {
    await using server = await startFakeServer();
    const scene = await scenes[state]?.(server);
    if (scene === undefined) throw new Error('no scene');
    const { client, clock, peer, calls, reports, reaches } = scene;
    await reaches(state);
    end(client);
    expect(send(client, text('never'))).toBe('closed');
    if (peer !== undefined && how !== 'killed' && state !== 'connecting.dialling') {
      peer.socket.end(answered); // that the closing handshake be complete
      await peer.closed;
      clock.advance(10_000); // a handler whose init never settles is waited for as long as for a peer
    }
    // Whoever closed first has given the reason.
    expect(await client.exited()).toMatchObject(
      state === 'stopping' && how !== 'killed' ? { type: 'normal' } : { ...Object(reason) },
    );
    expect(clock.pending).toBe(0);
    await peer?.closed;

    const before = { calls: [...calls], reports: reports.length, accepted: server.accepted };
    clock.advance(3_600_000);
    await new Promise(setImmediate);
    expect({ calls, reports: reports.length, accepted: server.accepted }).toEqual(before);
    expect([client.state, client.session, send(client, text('late'))]).toEqual(['closed', undefined, 'closed']);
    if (state === 'connecting.preparing') expect(scene.prepareSignal?.aborted).toBe(true);
  });
});

describe('a client that ends while it is being connected (I10)', () => {
  it('by its own handler, in init, runs terminate once and says goodbye no more', async () => {
    await using server = await startFakeServer();
    const calls: string[] = [];
    const { client } = startTestClient(server.url, {
      handler: defineHandler({
        init() {
          stop(client, 'in init');
          calls.push('init');
          return ['ok', undefined];
        },
        handleIn: () => ['ok', undefined],
        terminate: ({ type }) => void calls.push(`terminate ${type}`),
      }),
    });
    using peer = await server.connections.next();
    await peer.write(switching(await peer.head()));
    expect(await client.exited()).toEqual({ type: 'shutdown', reason: 'in init' });
    await peer.closed;
    expect(calls).toEqual(['init', 'terminate killed']);
  });

  it('by its own prepare, dials nobody', async () => {
    await using server = await startFakeServer();
    const { client, clock } = startTestClient(server.url, {
      handler: defineHandler({ init: () => ['ok', undefined], handleIn: () => ['ok', undefined] }),
      prepare: () => {
        stop(client);
        return {};
      },
    });
    expect(await client.exited()).toEqual({ type: 'shutdown', reason: undefined });
    await new Promise(setImmediate);
    expect([server.accepted, clock.pending]).toEqual([0, 0]);
  });

  it('at once, before it has done anything, does nothing', async () => {
    await using server = await startFakeServer();
    let prepared = 0;
    const { client } = startTestClient(server.url, {
      handler: defineHandler({ init: () => ['ok', undefined], handleIn: () => ['ok', undefined] }),
      prepare: () => {
        prepared++;
        return {};
      },
    });
    stop(client);
    expect(await client.exited()).toMatchObject({ type: 'shutdown' });
    await new Promise(setImmediate);
    expect([prepared, server.accepted]).toEqual([0, 0]);
  });
});
