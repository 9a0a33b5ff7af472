import assert from 'node:assert/strict';
import { type ContractCase, featureCase } from './contract-case.ts';
import type { Scene } from './scene.ts';
import { assertSameStream, streamBytes } from './stream-bytes.ts';

/** Made anew each time: a transport may do with it what it must not. */
const first = (): Uint8Array => streamBytes(100);
const second = (): Uint8Array => streamBytes(100, 100);
const third = (): Uint8Array => streamBytes(100, 200);

function receive({ near }: Scene): Promise<Uint8Array | undefined> {
  if (near.receive === undefined) return assert.fail('it has no receive');
  return near.receive();
}

/** Receive until as much as was written has come. */
async function receiveAll(scene: Scene, expected: Uint8Array): Promise<void> {
  const batches: Uint8Array[] = [];
  while (Buffer.concat(batches).length < expected.length) {
    const batch = await scene.awaited('receive resolved', receive(scene));
    if (batch === undefined) break;
    batches.push(batch);
  }
  assertSameStream(batches, expected, 'from receive');
}

/** Whether a promise has been rejected; when it is settled at all. */
const rejected = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => false,
    () => true,
  );

/** What a transport that can be read before it has an owner promises, and what one that knows where its peer is. */
export const receivingCases: readonly ContractCase[] = [
  featureCase('receive', 'receives before handOver: the next bytes, then undefined at the end', async (scene) => {
    await scene.write(first());
    await receiveAll(scene, first());
    const pending = receive(scene);
    await scene.settle();
    await scene.write(second());
    const batch = await scene.awaited('receive resolved', pending);
    assertSameStream(batch === undefined ? [] : [batch], second(), 'from a receive that had to wait');
    await scene.write(third());
    scene.far.end();
    await scene.settle();
    await receiveAll(scene, third());
    assert.equal(await scene.awaited('receive resolved', receive(scene)), undefined, 'from receive, at the end');
  }),

  featureCase('receive', 'keeps for the owner what receive was not asked for', async (scene) => {
    await scene.write(first());
    await receiveAll(scene, first());
    await scene.write(second());
    await scene.settle();
    scene.own();
    await scene.settle();
    assert.equal(scene.witness.length, 0, 'bytes that came before activate');
    scene.near.activate(1);
    await scene.expectAtNear(second());
    await scene.write(third());
    await scene.settle();
    assert.equal(scene.witness.batches.length, 1, 'batches, of which one was allowed');
    scene.near.activate(1);
    await scene.expectAtNear(streamBytes(200, 100));
  }),

  featureCase('receive', 'tells a pending receive that the peer has broken the connection', async (scene) => {
    const outcome = rejected(receive(scene));
    await scene.settle();
    scene.far.reset();
    assert.equal(await scene.awaited('receive was settled', outcome), !scene.lacks('error'), 'whether receive rejects');
  }),

  featureCase('receive', 'tells a receive that comes late that the peer has broken the connection', async (scene) => {
    scene.far.reset();
    await scene.settle();
    const outcome = rejected(receive(scene));
    assert.equal(await scene.awaited('receive was settled', outcome), !scene.lacks('error'), 'whether receive rejects');
  }),

  featureCase('receive', 'settles a pending receive when it is aborted', async (scene) => {
    const outcome = rejected(receive(scene));
    await scene.settle();
    scene.near.abort();
    await scene.awaited('receive was settled', outcome);
  }),

  featureCase('peername', 'knows where its peer is', async ({ near }) => {
    assert.ok(near.peername, 'it has no peername');
    const { address, port } = near.peername;
    assert.ok(typeof address === 'string' && address !== '', `the address is ${JSON.stringify(address)}`);
    assert.ok(Number.isInteger(port) && port > 0 && port < 65_536, `the port is ${port}`);
  }),
];
