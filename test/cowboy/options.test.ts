import { inspect } from 'node:util';
import {
  connect,
  createMemoryTransports,
  type HeaderMap,
  listen,
  type Result,
  type SessionRequest,
  setOptions,
  startSession,
  tell,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { startFakeServer } from '../support/fake-server.ts';
import { createJournal } from '../support/journal.ts';
import { plainRequest, quiet, roles, startInMemory } from '../support/memory-session.ts';
import { echo } from '../support/recording.ts';
import { serve } from '../support/served.ts';
import { schemes } from '../support/serving.ts';

type Tuning = Parameters<typeof setOptions>[0];

const ok: Result<string> = ['ok', 'state'];

/** Sends messages back, and changes its options to what messages of actors say. */
const createTunable = () =>
  createJournal<Tuning>({
    in: (frame) => (frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, 'state'] : ok),
    info: (tuning) => ['reply', setOptions(tuning), 'state'],
  });

describe.each(schemes)('maxFrame over $scheme', ({ secure }) => {
  it('changed to 1,000 while messages flow: 1,000 bytes pass, 1,001 end the session with 1009 (RFC 6455 §10.4)', async () => {
    const { handler, exits } = createTunable();
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    await visitor.say('x'.repeat(1_000_000));
    expect((await visitor.connection.frame()).payload).toHaveLength(1_000_000);
    tell(visitor.session, { limits: { maxFrame: 1000 } });
    await visitor.say('x'.repeat(1000));
    expect((await visitor.connection.frame()).payload).toHaveLength(1000);
    await visitor.send({ opcode: 1, announced: 1001n }); // its header is enough
    expect(await visitor.next()).toBe('close 1009 frame over the size limit');
    await visitor.leave();
    expect(await visitor.session.exited()).toMatchObject({ type: 'error', error: 'tooBig' });
    expect(exits).toHaveLength(1);
  });

  it('can be raised as well', async () => {
    const { handler } = createTunable();
    await using served = await serve({ secure, handler, limits: { maxFrame: 8 } });
    using visitor = await served.visit();
    tell(visitor.session, { limits: { maxFrame: 10 } });
    await visitor.say('0123456789');
    expect(await visitor.next()).toBe('text 0123456789');
  });

  it.each([
    { what: 'a frame', limits: { maxFrame: 8 }, frames: [{ opcode: 1, payload: '0123456789' }] },
    {
      what: 'the last fragment',
      limits: { maxMessage: 8 },
      frames: [
        { opcode: 1, fin: false, payload: '01234' },
        { opcode: 0, payload: '56789' },
      ],
    },
    {
      what: 'a fragment in the middle',
      limits: { maxMessage: 8 },
      frames: [
        { opcode: 1, fin: false, payload: '01234' },
        { opcode: 0, fin: false, payload: '56789' },
      ],
    },
  ])('and maxMessage end the session with 1009 at $what that exceeds them (RFC 6455 §10.4)', async (one) => {
    await using served = await serve({ secure, handler: echo, limits: one.limits });
    using visitor = await served.visit();
    await visitor.send(...one.frames);
    expect(await visitor.next()).toMatch(/^close 1009 /);
    await visitor.leave();
    expect(await visitor.session.exited()).toMatchObject({ type: 'error', error: 'tooBig' });
  });
});

describe.each(schemes)('validateUtf8 over $scheme', ({ secure }) => {
  const notUtf8 = Buffer.of(0xff, 0xff, 0xff, 0xff);

  it('off: text of FF FF FF FF goes to the handler, and back as it was', async () => {
    await using served = await serve({ secure, handler: echo, validateUtf8: false });
    using visitor = await served.visit();
    await visitor.send({ opcode: 1, payload: notUtf8 });
    expect(await visitor.connection.frame()).toMatchObject({ opcode: 1, payload: notUtf8 });
    await visitor.send({ opcode: 1, fin: false, payload: notUtf8 }, { opcode: 0, payload: notUtf8 });
    expect((await visitor.connection.frame()).payload).toEqual(Buffer.concat([notUtf8, notUtf8]));
    await visitor.send({ opcode: 8, payload: Buffer.of(0x03, 0xe8, 0xff) });
    expect(await visitor.next()).toBe('close 1000');
    expect(await visitor.session.exited()).toMatchObject({ type: 'remote', code: 1000 });
  });

  it('on, as by default: it ends the session with 1007 (RFC 6455 §8.1)', async () => {
    await using served = await serve({ secure, handler: echo });
    using visitor = await served.visit();
    await visitor.send({ opcode: 1, payload: notUtf8 });
    expect(await visitor.next()).toBe('close 1007 text that is not UTF-8');
    await visitor.leave();
    expect(await visitor.session.exited()).toMatchObject({ type: 'error', error: 'badEncoding' });
  });

  it('can be changed while messages flow', async () => {
    const { handler } = createTunable();
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    tell(visitor.session, { validateUtf8: false });
    await visitor.send({ opcode: 1, payload: notUtf8 });
    expect((await visitor.connection.frame()).payload).toEqual(notUtf8);
    tell(visitor.session, { validateUtf8: true });
    await visitor.send({ opcode: 1, payload: notUtf8 });
    expect(await visitor.next()).toMatch(/^close 1007 /);
  });
});

describe.each(schemes)('reqFilter over $scheme', ({ secure }) => {
  /** What a session keeps of a request with a header of its own: seen in `init`, in `handleIn` and in `terminate`. */
  async function keep(options: { reqFilter?: (request: SessionRequest) => Partial<SessionRequest> }) {
    const kept: unknown[] = [];
    let whole: HeaderMap | undefined;
    const { handler } = createJournal({
      in: (_, self) => {
        kept.push(self.request);
        return ok;
      },
      terminate: (_, self) => {
        kept.push(self.request);
      },
    });
    const { init } = handler;
    await using served = await serve({
      secure,
      ...options,
      handler: {
        ...handler,
        init(request, opts, self) {
          whole = request.headers;
          return init(request, opts, self);
        },
      },
    });
    using visitor = await served.visit({ path: '/chat?room=1', headers: { 'X-Large': 'x'.repeat(4000) } });
    const port = visitor.connection.socket.localPort;
    await visitor.send({ opcode: 9 });
    await visitor.next();
    await visitor.close(1000);
    await visitor.session.exited();
    return { kept, whole, port };
  }

  it('by default lets go of the headers, once init has seen them, and keeps the rest for terminate', async () => {
    const { kept, whole, port } = await keep({});
    expect(whole?.joined('x-large')).toHaveLength(4000);
    for (const request of kept) {
      expect(request).toMatchObject({
        method: 'GET',
        path: '/chat?room=1',
        httpVersion: '1.1',
        host: 'server.example.com',
        peer: { address: '127.0.0.1', port },
      });
      expect(request).not.toHaveProperty('headers');
    }
    expect(kept).toHaveLength(3); // the ping, the close frame, terminate
  });

  it('says what terminate sees', async () => {
    const { kept } = await keep({ reqFilter: ({ path }) => ({ path: path.split('?')[0] ?? path }) });
    expect(kept).toEqual(Array(3).fill({ path: '/chat' }));
  });

  it('may keep everything, or nothing', async () => {
    const { kept, whole } = await keep({ reqFilter: (request) => request });
    expect(kept).toEqual(Array(3).fill(expect.objectContaining({ headers: whole })));
    expect((await keep({ reqFilter: () => ({}) })).kept).toEqual([{}, {}, {}]);
  });
});

describe.each(roles)('reqFilter of a %s', (role) => {
  it('that throws ends the session with 1011; terminate is told, once', async () => {
    const error = new Error('no request');
    const { handler, exits } = createJournal();
    const reqFilter = () => {
      throw error;
    };
    const { session, peer, reports } = startInMemory({ role, handler, reqFilter });
    expect(await peer.rest()).toEqual(['close 1011 internal error']);
    const exit = { type: 'crash', callback: 'reqFilter', error };
    expect(await session.exited()).toEqual(exit);
    expect([exits, reports.map(({ event }) => event)]).toEqual([[exit], ['session.crashed']]);
  });

  it('is called once, with the request that init was given', async () => {
    const filtered: SessionRequest[] = [];
    const { session } = startInMemory({
      role,
      handler: createJournal().handler,
      reqFilter: (request) => {
        filtered.push(request);
        return { path: request.path };
      },
    });
    await quiet();
    expect(filtered).toEqual([plainRequest]);
    expect(session.request).toEqual({ path: '/' });
  });
});

describe.each(roles)('activeN of a %s', (role) => {
  it('takes so many chunks of the transport at a time, and asks for more when they have been dealt with', async () => {
    const { handler, lines } = createJournal();
    const { peer, transport } = startInMemory({ role, handler, activeN: 3 });
    for (let i = 0; i < 10; i++) {
      peer.text(`${i}`);
      await quiet();
    }
    expect(lines.slice(1)).toEqual(Array.from({ length: 10 }, (_, i) => `in text ${i}`));
    expect(transport.activations).toEqual([3, 3, 3, 3]);
  });

  it('can be changed, and lets no chunk be lost', async () => {
    const { handler, lines } = createTunable();
    const { session, peer, transport } = startInMemory({ role, handler, activeN: 1 });
    for (let i = 0; i < 4; i++) {
      if (i === 2) tell(session, { activeN: 100 });
      peer.text(`${i}`);
      await quiet();
    }
    expect(lines.filter((line) => line.startsWith('in '))).toEqual([
      'in text 0',
      'in text 1',
      'in text 2',
      'in text 3',
    ]);
    expect(transport.activations.at(-1)).toBe(100);
  });
});

/** Options as they may come from code that is not checked. */
const isTuning = (_: unknown): _ is Tuning => true;

const illTyped: readonly unknown[] = [
  { idleTimeout: '60' },
  { idleTimeout: -1 },
  { idleTimeout: Number.NaN },
  { heartbeat: 0 },
  { closeTimeout: null },
  { initTimeout: {} },
  { activeN: 0 },
  { validateUtf8: 'yes' },
  { slowConsumer: 'panic' },
  { overRate: 'panic' },
  { limits: 1000 },
  { limits: { maxFrames: 1000 } },
  { limits: { maxFrame: -1 } },
  { limits: { maxControlRate: Number.NaN } },
];

describe('an option that cannot be', () => {
  it.each(illTyped.map((options) => [inspect(options), options]))(
    '%s is a TypeError of who starts the session, before anything is listened to, dialled or read',
    async (_, options) => {
      if (!isTuning(options)) return;
      const { handler, lines } = createJournal();
      await expect(listen({ host: '127.0.0.1', handler, ...options })).rejects.toThrow(TypeError);
      await using server = await startFakeServer();
      await expect(connect(server.url, { handler, ...options })).rejects.toThrow(TypeError);
      expect(server.accepted).toBe(0);
      const [transport] = createMemoryTransports();
      const start = () =>
        startSession({ role: 'server', transport, handler, handlerOpts: undefined, request: plainRequest, ...options });
      expect(start).toThrow(TypeError);
      expect(lines).toEqual([]);
    },
  );

  it('is none of those that are left out, or undefined', async () => {
    const options: unknown = { idleTimeout: undefined, limits: { maxFrame: undefined }, slowConsumer: undefined };
    if (!isTuning(options)) return;
    await using server = await listen({ host: '127.0.0.1', handler: echo, ...options });
    expect(server.port).toBeGreaterThan(0);
  });
});
