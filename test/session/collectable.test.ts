import { createGroup, join, monitor, startDynamicSupervisor, tell } from '@genws/actor';
import { binary, encodeFrame, mask } from '@genws/protocol';
import { close, defineHandler, type Result, type Session, type SessionExit, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../support/garbage.ts';
import { quiet, startInMemory } from '../support/memory-session.ts';

const heapUsed = (): number => process.memoryUsage().heapUsed;

const group = createGroup<string>();

const handler = defineHandler<string[], string>({
  init: async (_request, _opts, self) => {
    join(group, self);
    self.signal.addEventListener('abort', () => {});
    return ['ok', []];
  },
  handleIn: async (frame, state) => (frame.type === 'text' ? ['reply', frame, state] : ['ok', state]),
  handleInfo: (message, state) => ['ok', [...state, message]],
  terminate: async () => {},
});

/** One session's life, each ending in one of several ways. */
async function live(n: number, start: (begin: () => Session<string>) => Session<string>): Promise<SessionExit> {
  let peer: ReturnType<typeof startInMemory<string[], string, unknown>>['peer'] | undefined;
  const session = start(() => {
    const one = startInMemory({ handler });
    peer = one.peer;
    return one.session;
  });
  const ref = monitor(session, () => {});
  expect(ref.active).toBe(true);
  tell(session, 'hello');
  peer?.text('hello');
  peer?.ping('hello');
  await Promise.resolve();
  const ways: readonly (() => void)[] = [
    () => peer?.close(1000),
    () => peer?.end(),
    () => peer?.send({ opcode: 3 }),
    () => stop(session),
    () => session.stop(),
    () => {
      close(session);
      peer?.close(1000);
      peer?.end();
    },
  ];
  ways[n % ways.length]?.();
  return session.exited();
}

describe('sessions that have come and gone', () => {
  it('are held by nothing: 10,000 of them leave no session, no member, no child and no memory behind', async () => {
    const supervisor = startDynamicSupervisor<Session<string>>();
    const watched: WeakRef<Session<string>>[] = [];
    const generation = async (count: number): Promise<void> => {
      await Promise.all(
        Array.from({ length: count }, (_, n) =>
          live(n, (begin) => {
            const session = supervisor.startChild(begin);
            watched.push(new WeakRef(session));
            return session;
          }),
        ),
      );
    };
    // The first ones warm up what is shared: code, tables, the encoder's block.
    for (let i = 0; i < 4; i++) await generation(250);
    await collectGarbage();
    const before = heapUsed();
    for (let i = 0; i < 36; i++) await generation(250);
    await collectGarbage();
    const after = heapUsed();
    expect(watched).toHaveLength(10_000);
    expect(watched.filter((ref) => ref.deref() !== undefined)).toEqual([]);
    expect(group.size).toBe(0);
    expect(supervisor.count).toBe(0);
    expect(supervisor.getSnapshot().context).toMatchObject({ children: 0, started: 10_000, crashed: 0 });
    // 9,000 sessions at even 200 bytes each would show; the weak references themselves take some of it.
    expect((after - before) / 9000).toBeLessThan(200);
  }, 60_000);

  it('are held by nothing while their handler’s promise never settles', async () => {
    const stuck = defineHandler({
      init: () => ['ok', undefined],
      handleIn: () => new Promise<Result<undefined>>(() => {}),
    });
    const watched: WeakRef<Session<unknown>>[] = [];
    for (let i = 0; i < 100; i++) {
      const { session, peer } = startInMemory({ handler: stuck });
      peer.text('go');
      await quiet();
      session.stop();
      watched.push(new WeakRef(session));
    }
    await collectGarbage();
    // The last one may still lie on the stack.
    expect(watched.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(1);
  });
});

describe('an open session', () => {
  it('lets go of what only init needed', async () => {
    const requests: WeakRef<object>[] = [];
    const opts: WeakRef<object>[] = [];
    const start = () => {
      const handlerOpts = { large: new Uint8Array(1000) };
      opts.push(new WeakRef(handlerOpts));
      return startInMemory({
        handlerOpts,
        handler: defineHandler<number, unknown, { large: Uint8Array }>({
          init: (request, { large }) => {
            requests.push(new WeakRef(request.headers));
            return ['ok', large.length];
          },
          handleIn: (_, state) => ['ok', state],
        }),
      });
    };
    const open = Array.from({ length: 10 }, start);
    await collectGarbage();
    expect(requests).toHaveLength(10);
    expect(open.every(({ session }) => session.state === 'open')).toBe(true);
    expect(opts.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
  });

  it('holds none of what its peer has sent, once that has been handled', async () => {
    const echo = defineHandler({
      init: () => ['ok', 0],
      handleIn: (frame, count) => (frame.type === 'text' ? ['ok', count + 1] : ['ok', count]),
    });
    const open = Array.from({ length: 100 }, () => startInMemory({ handler: echo }));
    await quiet();
    await collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    for (const { peer } of open) peer.text('x'.repeat(64 * 1024));
    await quiet();
    await collectGarbage();
    expect((process.memoryUsage().arrayBuffers - before) / open.length).toBeLessThan(8 * 1024);
    expect(open.every(({ session }) => session.state === 'open')).toBe(true);
  });
});

describe('a large message of a client', () => {
  it('is held by nothing once it has been masked (RFC 6455 §5.3)', async () => {
    await collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    encodeFrame(binary(new Uint8Array(32 * 1024 * 1024)), 'client');
    await collectGarbage();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });
});

describe('a long chunk from a peer', () => {
  it('is held by nothing once a short payload in it has been unmasked (RFC 6455 §5.3)', async () => {
    await collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    mask(new Uint8Array(32 * 1024 * 1024), 0, 1000, 0x3d21fa37);
    await collectGarbage();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });
});
