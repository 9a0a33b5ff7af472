import {
  broadcast,
  close,
  createGroup,
  type Down,
  defineHandler,
  exit,
  type Frame,
  join,
  link,
  members,
  monitor,
  publish,
  queue,
  send,
  startClient,
  startSupervisor,
  stop,
  tell,
  text,
  whichChildren,
} from 'genws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { echo } from '../support/recording.ts';
import { startRecordedClient, startTestClient } from '../support/test-client.ts';
import { Upstream } from '../support/upstream.ts';

describe('a client whose server is killed and revived', () => {
  it('is the same handle before, meanwhile and after; init is run again with the attempt count', async () => {
    await using upstream = await Upstream.start();
    const { client, clock, requests, exits, fails } = startRecordedClient(upstream.url);
    expect([client.state, client.attempt, await client.connected(), client.state]).toEqual([
      'ready_wait',
      1,
      true,
      'open',
    ]);
    const first = client.session;
    expect(send(client, text('one'))).toBe('sent');
    expect(await (await upstream.peers.next()).heard.next()).toBe('text one');

    await upstream.kill();
    expect(await fails()).toMatchObject({ type: expect.stringMatching(/^(error|transportError)$/) });
    expect([client.state, client.session, client.peer, client.request]).toEqual([
      'ready_wait',
      undefined,
      undefined,
      {},
    ]);
    for (const delay of [500, 1000]) {
      clock.advance(delay);
      expect(await fails()).toMatchObject({
        type: 'connectFailed',
        error: { code: 'connectionFailed', retriable: true },
      });
    }

    await upstream.revive();
    clock.advance(2000);
    expect([await client.connected(), client.attempt]).toEqual([true, 4]);
    expect(client.session).not.toBe(first);
    expect(send(client, text('two'))).toBe('sent');
    expect(await (await upstream.peers.next()).heard.next()).toBe('text two');
    const attempts = await requests.take(2);
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 4]);
    expect(client.request.attempt).toBe(4);
    expect(exits.length).toBe(1);

    close(client, 4000);
    expect([client.state, send(client, text('three'))]).toEqual(['closing', 'closed']);
    expect(await client.exited()).toEqual({ type: 'normal' });
    expect([client.state, client.signal.aborted, exits.length, client.statistics.messagesOut]).toEqual([
      'closed',
      true,
      2,
      3,
    ]);
  });

  it.each([1000, 1001, 1008, 1011, 1012, 4001])('comes back after close code %i of its peer', async (code) => {
    await using upstream = await Upstream.start(({ socket }) => socket.close(code));
    const { fails } = startRecordedClient(upstream.url);
    expect(await fails()).toEqual({ type: 'remote', code, reason: '' });
  });

  it('comes back after a crash of its handler, which keeps nothing of the session before', async () => {
    await using upstream = await Upstream.start();
    const { client, clock, fails, reports } = startTestClient(upstream.url, {
      handler: defineHandler({
        init: ({ attempt }) => ['ok', attempt],
        handleIn: () => {
          throw new Error('cannot read this');
        },
      }),
    });
    const { socket } = await upstream.peers.next();
    await client.connected();
    socket.send('that');
    expect(await fails()).toMatchObject({ type: 'crash', callback: 'handleIn' });
    clock.advance(500);
    expect(await client.connected()).toBe(true);
    expect(reports.map(({ event }) => event)).toEqual(['session.crashed', 'client.down', 'client.reconnecting']);
  });

  it('is not connected before init has settled, and counts an init that fails as a failure', async () => {
    await using upstream = await Upstream.start();
    const gates = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
    const { client, clock, reaches, fails } = startTestClient(upstream.url, {
      handler: defineHandler({
        async init({ attempt = 0 }) {
          if (!(await gates[attempt - 1]?.promise)) throw new Error('not now');
          return ['ok', undefined];
        },
        handleIn: () => ['ok', undefined],
      }),
    });
    await reaches('connecting.initialising');
    expect([client.state, send(client, text('x'))]).toEqual(['ready_wait', 'closed']);
    gates[0]?.resolve(false);
    expect(await fails()).toMatchObject({ type: 'crash', callback: 'init' });
    clock.advance(500);
    await reaches('connecting.initialising');
    gates[1]?.resolve(true);
    expect([await client.connected(), client.state]).toEqual([true, 'open']);
  });

  it('ends with a handler that stops, and with a close of its session that the peer does not answer', async () => {
    await using upstream = await Upstream.start();
    const stopping = startTestClient(upstream.url, {
      handler: defineHandler({ init: () => ['stop', 'seen enough', undefined], handleIn: () => ['ok', undefined] }),
    });
    expect(await stopping.client.exited()).toEqual({ type: 'stop', reason: 'seen enough' });
    expect(await stopping.client.connected()).toBe(false);

    await upstream.peers.next();
    const { client, sessions } = startRecordedClient(upstream.url);
    const { socket } = await upstream.peers.next();
    await client.connected();
    close(await sessions.next());
    socket.terminate();
    expect(await client.exited()).toEqual({ type: 'error', error: 'closed' });
  });

  it('gives up when its policy says so, with the reason of the last session', async () => {
    await using upstream = await Upstream.start(({ socket }) => socket.close(4403, 'banned'));
    const { client, reports } = startRecordedClient(upstream.url, {
      retry: (failure) => failure.type !== 'remote' || failure.code !== 4403,
    });
    expect(await client.exited()).toEqual({ type: 'remote', code: 4403, reason: 'banned' });
    expect(reports.map(({ event }) => event)).toEqual(['client.down', 'client.gaveUp']);
  });

  it('gives up, reported, when its policy throws', async () => {
    await using upstream = await Upstream.start(({ socket }) => socket.close(4000));
    const { client, reports } = startRecordedClient(upstream.url, {
      retry: () => {
        throw new Error('undecided');
      },
    });
    expect(await client.exited()).toMatchObject({ type: 'remote', code: 4000 });
    expect(reports.map(({ event }) => event)).toEqual(['client.retryFailed', 'client.down', 'client.gaveUp']);
  });

  it('shows its inspector what it does, and what its sessions do', async () => {
    await using upstream = await Upstream.start();
    const events: string[] = [];
    const { client } = startRecordedClient(upstream.url, {
      inspect: (inspected) => {
        if (inspected.type === '@xstate.event') events.push(inspected.event.type);
      },
    });
    await client.connected();
    stop(client);
    await client.exited();
    expect(events).toEqual(
      expect.arrayContaining([
        'attempt.prepared',
        'session.started',
        'activate',
        'session.opened',
        'stop',
        'session.down',
      ]),
    );
  });
});

describe('a client in place of a session', () => {
  it('is told, sent to, published to, and a member of groups, across its sessions', async () => {
    await using upstream = await Upstream.start();
    const { client, clock, fails } = startRecordedClient(upstream.url);
    const group = createGroup<Frame>();
    join(group, client);
    const round = async (): Promise<void> => {
      await client.connected();
      const { heard } = await upstream.peers.next();
      tell(client, text('told'));
      broadcast(group, text('broadcast'));
      expect(publish([client], text('published'))).toMatchObject({ sent: 1 });
      expect(await send(client, text('awaited'), { slowConsumer: 'wait' })).toBe('sent');
      expect(await heard.take(4)).toEqual(['text told', 'text broadcast', 'text published', 'text awaited']);
    };
    await round();
    await upstream.kill();
    await fails();
    expect(members(group)).toEqual([client]);
    await upstream.revive();
    clock.advance(500);
    await round();
    exit(client, { type: 'killed' });
    expect(group.size).toBe(0);
  });

  it('is monitored until it ends for good, not until a connection does', async () => {
    await using upstream = await Upstream.start();
    const { client, clock, fails } = startRecordedClient(upstream.url);
    const downs: Down[] = [];
    monitor(client, (down) => downs.push(down));
    await client.connected();
    await upstream.kill();
    await fails();
    await upstream.revive();
    clock.advance(500);
    await client.connected();
    expect(downs).toEqual([]);
    stop(client, 'enough');
    await client.exited();
    expect(downs.map(({ reason }) => reason)).toEqual([{ type: 'shutdown', reason: 'enough' }]);
  });

  it('that is closed with a frame among others sends those before it', async () => {
    await using upstream = await Upstream.start();
    const { client } = startRecordedClient(upstream.url, { retry: () => true });
    await client.connected();
    const { heard, closed } = await upstream.peers.next();
    expect(send(client, [text('last'), { type: 'close', code: 4002 }, text('never')])).toBe('sent');
    expect([await heard.next(), await closed]).toEqual(['text last', '4002']);
    expect(await client.exited()).toEqual({ type: 'normal' });
  });
});

describe('a client as the child of a supervisor', () => {
  async function supervise(upstream: Upstream) {
    const clients: ReturnType<typeof startClient>[] = [];
    const start = () => {
      const client = startClient(upstream.url, { handler: echo, logger: () => {} });
      clients.push(client);
      return client;
    };
    const supervisor = await startSupervisor({ children: [{ id: 'upstream', start }], logger: () => {} });
    onTestFinished(() => exit(supervisor, { type: 'killed' }));
    const [client] = clients;
    if (client === undefined) throw new Error('no client');
    await client.connected();
    return { supervisor, client, clients };
  }

  it('is shut down with it: the peer is told 1001', async () => {
    await using upstream = await Upstream.start();
    const { supervisor, client } = await supervise(upstream);
    const { closed } = await upstream.peers.next();
    exit(supervisor, { type: 'shutdown', reason: 'deploy' });
    await supervisor.exited();
    expect(await client.exited()).toEqual({ type: 'shutdown', reason: 'deploy' });
    expect(await closed).toBe('1001');
  });

  it('is killed with its session, and started again', async () => {
    await using upstream = await Upstream.start();
    const { supervisor, client, clients } = await supervise(upstream);
    const { session } = client;
    exit(client, { type: 'killed' });
    expect([await client.exited(), await session?.exited()]).toEqual([{ type: 'killed' }, { type: 'killed' }]);
    while (whichChildren(supervisor)[0]?.state !== 'running') await new Promise(setImmediate);
    expect(await clients[1]?.connected()).toBe(true);
  });

  it('takes exit signals: normal is ignored, of any other reason it ends', async () => {
    await using upstream = await Upstream.start();
    const { client } = startRecordedClient(upstream.url);
    const other = startRecordedClient(upstream.url).client;
    await other.connected();
    link(client, other);
    exit(client, { type: 'normal' }, other);
    expect(client.getSnapshot().status).toBe('active');
    stop(other, 'gone');
    expect(await client.exited()).toEqual({ type: 'shutdown', reason: 'gone' });
  });
});

describe('options of a client that cannot be', () => {
  it.each([
    [{ backoff: { initial: 0 } }, RangeError],
    [{ attempts: 0 }, RangeError],
    [{ attempts: Number.NaN }, RangeError],
    [{ idleTimeout: -1 }, TypeError],
    [{ compress: { level: 11 } }, RangeError],
    [{ whileDown: { ...queue(), frames: 0 } }, RangeError],
  ])('%o throw at once', (options, error) => {
    expect(() => startRecordedClient('ws://127.0.0.1:1', options)).toThrow(error);
  });

  it('include a URL that is none: that is a failure like others, for prepare may know a better one', async () => {
    const { client } = startRecordedClient('http//nowhere');
    expect(await client.exited()).toMatchObject({ type: 'transportError', cause: { code: 'invalidUrl' } });
  });
});
