import { close, getState, stop } from '@genws/session';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MemorySession, quiet, roles } from '../support/memory-session.ts';
import { type Manner, type Message, World } from './system-world.fixture.ts';

const manners: readonly Manner[] = ['now', 'now', 'later', 'kept'];

/** All that can happen while it lives. */
const anyStep: fc.Arbitrary<(world: World) => void> = fc.oneof(
  fc
    .tuple(fc.constantFrom<Manner>('now', 'now', 'later'), fc.integer({ min: 1, max: 4 }))
    .map(([manner, count]) => ({ say: (world: World) => world.say(manner, count) }).say),
  fc
    .tuple(fc.constantFrom(...manners), fc.constantFrom(1, 1, 2, 3, 1500))
    .map(([manner, count]) => ({ tell: (world: World) => world.tell(count > 3 ? 'now' : manner, count) }).tell),
  fc.constantFrom(...manners).map((manner) => ({ call: (world: World) => world.call(manner) }).call),
  fc.constantFrom(
    ...Object.values({
      suspend: (world: World) => world.suspend(),
      resume: (world: World) => world.resume(),
      resumeToo: (world: World) => world.resume(),
      change: (world: World) => world.change(false),
      changeInVain: (world: World) => world.change(true),
      look: (world: World) => world.look(),
      trace: (world: World) => world.trace(true),
      traceNoMore: (world: World) => world.trace(false),
      settle: (world: World) => world.settle(),
      settleToo: (world: World) => world.settle(),
      turn: (world: World) => world.one.clock.advance(0),
    }),
  ),
);

/** Ways for it to end. */
const anyEnd: fc.Arbitrary<(one: MemorySession<Message>) => void> = fc.constantFrom(
  ...Object.values({
    close: ({ session }: MemorySession<Message>): void => close(session),
    stop: ({ session }: MemorySession<Message>) => stop(session),
    kill: ({ session }: MemorySession<Message>): void => void session.stop(),
    peerClose: ({ peer }: MemorySession<Message>) => peer.close(4000),
    reset: ({ transport }: MemorySession<Message>) => transport.fail(new Error('reset')),
  }),
);

async function play(world: World, script: readonly (readonly [(world: World) => void, boolean])[]): Promise<void> {
  for (const [step, settles] of script) {
    step(world);
    if (settles) await quiet();
  }
}

const anyScript = fc.array(fc.tuple(anyStep, fc.boolean()), { maxLength: 40 });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.each(roles)('a %s that is talked to, asked, suspended and given other code, in whatever order', (role) => {
  it('loses no message and no frame, keeps their order, and answers every call and question once', async () => {
    await fc.assert(
      fc.asyncProperty(anyScript, async (script) => {
        const world = new World(role);
        const { session, peer } = world.one;
        await play(world, script);
        world.resume();
        await world.finish();
        expect([...world.faults]).toEqual([]);
        expect(world.frames).toEqual(upTo(world.sent.frames));
        expect(world.messages).toEqual(upTo(world.sent.messages));
        expect(peer.seen).toEqual(upTo(world.sent.frames).map((number) => `text ${number}`));
        const { settled } = world;
        expect(settled.filter(({ times }) => times !== 1)).toEqual([]);
        for (const { what, how } of settled) expect(how).toBe(what === 'failing change' ? 'Error: unfit' : 'done');
        const changes = settled.filter(({ what }) => what === 'change').length;
        const handled = world.sent.frames + world.sent.messages;
        expect(await getState(session)).toEqual({ version: changes, handled });
        expect(session.state).toBe('open');
      }),
      { numRuns: 400 },
    );
  });

  it('that ends meanwhile has handled what came first, and every call and question is settled once', async () => {
    await fc.assert(
      fc.asyncProperty(anyScript, anyEnd, anyScript, async (before, end, after) => {
        const world = new World(role);
        const { session, peer, clock } = world.one;
        await play(world, before);
        end(world.one);
        await play(world, after);
        if (session.state !== 'closed') world.resume(); // a close frame that waits is seen
        peer.end();
        await world.finish();
        if (session.state !== 'closed') stop(session);
        for (let i = 0; i < 3; i++) {
          clock.advance(100);
          await world.finish();
        }
        expect(session.state).toBe('closed');
        expect([...world.faults]).toEqual([]);
        expect(world.frames).toEqual(upTo(world.frames.length));
        expect(world.messages).toEqual(upTo(world.messages.length));
        expect(world.settled.filter(({ times }) => times !== 1)).toEqual([]);
        const others = world.settled.filter(({ what, how }) => !(what === 'failing change' && how === 'Error: unfit'));
        for (const { how } of others) expect(['done', 'down', 'noproc']).toContain(how);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 400 },
    );
  });
});
