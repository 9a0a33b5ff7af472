import { binary, queue, type SendOutcome, send, stop, tell, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { startFakeServer, switching } from '../support/fake-server.ts';
import { startRecordedClient, startTestClient } from '../support/test-client.ts';
import { Upstream } from '../support/upstream.ts';

describe('what is sent through a client that is not connected', () => {
  it('is refused by default: send says closed, what it is told is dropped', async () => {
    await using upstream = await Upstream.start();
    const { client } = startRecordedClient(upstream.url);
    expect(send(client, text('early'))).toBe('closed');
    expect(await send(client, text('early'), { slowConsumer: 'wait' })).toBe('closed');
    tell(client, text('early, too'));
    await client.connected();
    send(client, text('in time'));
    expect(await (await upstream.peers.next()).heard.next()).toBe('text in time');
  });

  it('waits with queue(): it is sent in order, after what init sends, and told messages with it', async () => {
    await using upstream = await Upstream.start();
    const gate = Promise.withResolvers<void>();
    const { client, reaches } = startTestClient(upstream.url, {
      whileDown: queue(),
      handler: {
        async init() {
          await gate.promise;
          return ['reply', text('hello from init'), undefined];
        },
        handleIn: () => ['ok', undefined],
        handleInfo: (message: string) => ['reply', text(message), undefined],
      },
    });
    expect(send(client, [text('1'), text('2')])).toBe('queued');
    tell(client, '3');
    await reaches('connecting.initialising');
    expect(send(client, binary(Buffer.from('4')))).toBe('queued');
    expect(await send(client, text('5'), { slowConsumer: 'wait' })).toBe('queued');
    expect([client.buffered, client.load.mailbox]).toEqual([4, 5]);
    gate.resolve();
    await client.connected();
    expect(send(client, text('6'))).toBe('sent');
    const { heard } = await upstream.peers.next();
    expect(await heard.take(7)).toEqual([
      'text hello from init',
      'text 1',
      'text 2',
      'text 3',
      'binary 34',
      'text 5',
      'text 6',
    ]);
    expect(client.buffered).toBe(0);
  });

  it('is refused beyond the limit: send says congested, and whoever awaits it hears when there is room (I12)', async () => {
    await using upstream = await Upstream.start();
    const { client } = startRecordedClient(upstream.url, { whileDown: queue({ frames: 2 }) });
    expect([1, 2, 3].map((n) => send(client, text(String(n))))).toEqual(['queued', 'queued', 'congested']);
    let outcome: SendOutcome | undefined;
    const waits = send(client, text('4'), { slowConsumer: 'wait' }).then((settled) => {
      outcome = settled;
    });
    await new Promise(setImmediate);
    expect([outcome, client.state]).toEqual([undefined, 'ready_wait']);
    await client.connected();
    await waits;
    expect(outcome).toBe('congested');
    expect(await send(client, text('4'), { slowConsumer: 'wait' })).toBe('sent');
    expect(await (await upstream.peers.next()).heard.take(3)).toEqual(['text 1', 'text 2', 'text 4']);
  });

  it('is dropped when the client ends: whoever awaits room hears closed', async () => {
    await using server = await startFakeServer();
    const { client } = startRecordedClient(server.url, { whileDown: queue({ frames: 1 }) });
    expect(send(client, text('1'))).toBe('queued');
    const waits = send(client, text('2'), { slowConsumer: 'wait' });
    stop(client);
    expect([await waits, client.buffered, send(client, text('3'))]).toEqual(['closed', 0, 'closed']);
  });

  it('is not sent when a close frame comes after it: that ends the client, which says closed', async () => {
    await using upstream = await Upstream.start();
    const { client } = startRecordedClient(upstream.url, { whileDown: queue() });
    expect(send(client, text('1'))).toBe('queued');
    expect(send(client, [text('2'), { type: 'close', code: 1000 }])).toBe('closed');
    expect(await client.exited()).toEqual({ type: 'normal' });
    expect([client.buffered, upstream.accepted]).toEqual([0, 0]);
  });

  it('waits for the next connection while this one closes', async () => {
    await using upstream = await Upstream.start();
    const { client, clock, fails } = startRecordedClient(upstream.url, { whileDown: queue() });
    await client.connected();
    const { socket } = await upstream.peers.next();
    const closing = new Promise((resolve) => client.session?.signal.addEventListener('abort', resolve));
    socket.close(1012);
    await closing;
    expect(client.session?.state).toBe('closing');
    expect(send(client, text('one'))).toBe('queued');
    await fails();
    expect(send(client, text('two'))).toBe('queued');
    clock.advance(500);
    const { heard } = await upstream.peers.next();
    expect(await heard.take(2)).toEqual(['text one', 'text two']);
  });

  it('leaves at the pace of the peer, even where that is more than maxBuffered, and ends no session (I12)', async () => {
    const frames = 400;
    const payload = 'x'.repeat(10_000);
    await using server = await startFakeServer();
    const { client } = startRecordedClient(server.url, {
      whileDown: queue({ frames, bytes: Number.POSITIVE_INFINITY }),
      limits: { maxBuffered: 50_000, highWater: 40_000, lowWater: 10_000 },
    });
    for (let n = 0; n < frames; n++) send(client, text(`${n} ${payload}`));
    using peer = await server.connections.next();
    await peer.write(switching(await peer.head()));
    peer.socket.pause();
    await client.connected();
    expect(client.load.mailbox).toBeGreaterThan(0);
    expect(send(client, text('last but one'))).toBe('queued');
    peer.socket.resume();
    for (let n = 0; n < frames; n++) expect((await peer.frame()).payload.toString()).toBe(`${n} ${payload}`);
    expect((await peer.frame()).payload.toString()).toBe('last but one');
    expect([client.attempt, client.load.mailbox, client.dropped]).toEqual([1, 0, 0]);
    expect(send(client, text('last'))).toBe('sent');
    expect((await peer.frame()).payload.toString()).toBe('last');
  });
});

describe('messages across connections that break (I12)', () => {
  it('arrive in order and once at most, however often the server is killed', async () => {
    await using upstream = await Upstream.start();
    const { client, clock, reaches } = startRecordedClient(upstream.url, {
      whileDown: queue(),
      backoff: { factor: 1 },
    });
    const arrived: number[] = [];
    let next = 0;
    const sendSome = (): void => {
      for (let i = 0; i < 20; i++) send(client, text(String(next++)));
    };
    for (let round = 0; round < 6; round++) {
      sendSome();
      await client.connected();
      const { heard } = await upstream.peers.next();
      sendSome();
      arrived.push(Number((await heard.next()).slice('text '.length)));
      sendSome();
      await upstream.kill();
      while (heard.length > 0) arrived.push(Number((await heard.next()).slice('text '.length)));
      await reaches('waiting');
      await upstream.revive();
      sendSome();
      clock.advance(500);
    }
    await client.connected();
    const { heard } = await upstream.peers.next();
    send(client, text('done'));
    for (let message = await heard.next(); message !== 'text done'; message = await heard.next())
      arrived.push(Number(message.slice('text '.length)));
    expect(arrived).toEqual([...new Set(arrived)].sort((a, b) => a - b));
    // What waited while nobody was there has all arrived: the twenty of each round, and the first ones.
    for (let round = 0; round < 6; round++) for (let i = 0; i < 20; i++) expect(arrived).toContain(round * 80 + 60 + i);
  });
});
