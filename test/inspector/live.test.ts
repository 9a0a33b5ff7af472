import { close } from 'genws';
import { describe, expect, it } from 'vitest';
import { startInspected, ways } from '../support/inspected.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const seeAll = { redact: (value: unknown) => value };

describe.each(ways.filter(({ http2, secure }) => http2 === secure))('an inspector over $way', (way) => {
  it('lists the sessions, as they are and as they change, come and go', async () => {
    await using inspected = await startInspected(way);
    const first = await inspected.peer('/room?ticket=secret');
    await using page = await inspected.page();
    page.watch('sessions');
    const rowOf = (id: string) => page.until(({ sessions }) => sessions?.rows.find((row) => row.id === id));
    expect(await rowOf(first.session.id)).toMatchObject({
      server: 'main',
      path: '/room?…',
      state: 'open',
      transport: { true: { true: 'h2', false: 'tls' }, false: { true: 'h2', false: 'tcp' } }[`${way.secure}`][
        `${way.http2}`
      ],
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      handler: 'counting',
      messagesIn: 0,
    });
    first.say('hello');
    expect(await rowOf(first.session.id)).toMatchObject({ messagesIn: 1, messagesOut: 1, bytesOut: 7 });
    const second = await inspected.peer();
    expect(await rowOf(second.session.id)).toMatchObject({ path: '/' });
    close(first.session);
    expect(await page.until(({ sessions }) => (sessions?.gone.length ? sessions : undefined))).toMatchObject({
      gone: [first.session.id],
      total: 1,
    });
  });

  it('shows one session: where its statechart is, what it is told and says, the state of its handler', async () => {
    await using inspected = await startInspected(way, seeAll);
    const { session, say } = await inspected.peer();
    await using page = await inspected.page();
    page.attach(session.id);
    expect(await page.until(({ detail }) => detail?.state && detail)).toMatchObject({
      id: session.id,
      active: ['open'],
    });
    say('hello');
    const entries = await page.until(({ log }) => log?.entries);
    expect(entries.map(({ kind, name, size, value }) => [kind, name, size, value])).toEqual([
      ['in', 'text', 5, { type: 'text', value: 'hello' }],
      ['call', 'handleIn', undefined, undefined],
      ['out', 'text', 5, { type: 'text', value: 'hello' }],
    ]);
    expect(await page.until(({ detail }) => detail?.state)).toMatchObject({
      entries: [['count', { type: 'number', value: '1' }]],
    });
  });

  it('shows the states that a session passes through to its end, and why it ended', async () => {
    await using inspected = await startInspected(way, seeAll);
    const { session } = await inspected.peer();
    await using page = await inspected.page();
    page.attach(session.id);
    await page.until(({ detail }) => detail?.state);
    close(session, 4000, 'enough');
    const passed: string[] = [];
    const exit = await page.until(({ detail, log }) => {
      for (const { kind, name } of log?.entries ?? []) if (kind === 'state') passed.push(name);
      return detail?.exit;
    });
    expect(passed).toEqual(expect.arrayContaining(['closing.handshake', 'closing.disconnect', 'closed']));
    expect(exit).toMatchObject({ entries: [['type', { value: 'normal' }]] });
  });

  it('does what the page wants to be done to a session, and the peer feels it', async () => {
    await using inspected = await startInspected(way);
    const { session, heard, say, exited } = await inspected.peer();
    await using page = await inspected.page();
    expect(await page.act(session.id, { type: 'text', data: 'from above' })).toBeUndefined();
    expect(await heard.next()).toBe('text from above');
    expect(await page.act(session.id, { type: 'ping' })).toBeUndefined();
    expect(await heard.next()).toBe('ping ');

    expect(await page.act(session.id, { type: 'suspend' })).toBeUndefined();
    say('are you there?');
    await page.act(session.id, { type: 'text', data: 'still suspended' });
    expect(await heard.next()).toBe('text still suspended');
    expect(await page.act(session.id, { type: 'resume' })).toBeUndefined();
    expect(await heard.next()).toBe('text are you there?');

    expect(await page.act(session.id, { type: 'close', code: 4001, reason: 'off with you' })).toBeUndefined();
    expect(await heard.next()).toBe('close 4001 "off with you"');
    expect(await exited()).toMatchObject({ type: 'remote', code: 4001 });
  });

  it('kills a session, whose peer is told 1001', async () => {
    await using inspected = await startInspected(way);
    const { session, exited } = await inspected.peer();
    await using page = await inspected.page();
    expect(await page.act(session.id, { type: 'kill' })).toBeUndefined();
    expect(await exited()).toMatchObject({ type: 'remote', code: 1001 });
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'inspector' });
  });
});

describe.each(ways)('an inspector over $way', (way) => {
  it('greets a page with the servers and the chart of a session', async () => {
    await using inspected = await startInspected(way, { title: 'my servers' });
    await using page = await inspected.page();
    const { title, servers, chart } = await page.hello();
    expect([title, servers, page.subprotocol]).toEqual(['my servers', ['main'], 'genws.inspector']);
    expect(chart.states.map(({ id }) => id)).toContain('closing.handshake');
    expect(chart.transitions.length).toBeGreaterThan(15);
  });
});

describe('an inspector', () => {
  it('says what stands in the way of an action, and goes on', async () => {
    await using inspected = await startInspected();
    const { session, heard, say } = await inspected.peer();
    await using page = await inspected.page();
    expect(await page.act('nobody', { type: 'kill' })).toBe('there is no such session any more');
    const illegal = await page.act(session.id, { type: 'close', code: 1006, reason: '' });
    expect(illegal).toBe('1006 may not stand in a close frame');
    say('still here');
    expect(await heard.next()).toBe('text still here');
  });

  it('shows a page of each of several servers what is theirs', async () => {
    await using other = await startInspected();
    await using inspected = await startInspected({}, { servers: { one: other.server, two: other.server } });
    const { session } = await other.peer();
    await using page = await inspected.page();
    expect((await page.hello()).servers).toEqual(['one', 'two']);
    page.watch('sessions');
    expect(await page.until(({ sessions }) => sessions?.rows[0]?.id)).toBe(session.id);
  });

  it('speaks with the WebSocket that browsers have', async () => {
    await using inspected = await startInspected();
    await inspected.peer();
    const socket = new WebSocket(`${inspected.inspector.url.replace(/^http/, 'ws')}/live`, 'genws.inspector');
    const told = new Promise<string[]>((resolve) => {
      const types: string[] = [];
      socket.addEventListener('message', ({ data }) => {
        const { type, sessions } = JSON.parse(data);
        types.push(type);
        socket.send(JSON.stringify({ type: 'watch', view: 'sessions', on: true }));
        socket.send(JSON.stringify({ type: 'ready' }));
        if (sessions?.rows.length === 1) resolve(types);
      });
    });
    expect((await told)[0]).toBe('hello');
    socket.close();
  });

  it('shows two pages the same, whatever one of them does', async () => {
    await using inspected = await startInspected();
    const { session } = await inspected.peer();
    await using one = await inspected.page();
    const other = await inspected.page();
    for (const page of [one, other]) page.watch('sessions');
    const rows = await Promise.all([one, other].map((page) => page.until(({ sessions }) => sessions?.rows[0])));
    expect(rows[0]).toEqual(rows[1]);
    other.vanish();
    await other.exited();
    expect(await one.act(session.id, { type: 'kill' })).toBeUndefined();
    expect(await one.until(({ sessions }) => sessions?.gone[0])).toBe(session.id);
  });
});
