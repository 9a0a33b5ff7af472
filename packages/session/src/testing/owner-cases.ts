import assert from 'node:assert/strict';
import { type ContractCase, contractCase } from './contract-case.ts';
import { streamBytes } from './stream-bytes.ts';

/** Made anew each time: a transport may do with it what it must not. */
const bytes = (): Uint8Array => streamBytes(100);

/** What a transport promises about when its owner hears of what. */
export const ownerCases: readonly ContractCase[] = [
  contractCase('tells an owner that comes late of bytes and of the end', async (scene) => {
    await scene.write(bytes());
    scene.far.end();
    await scene.settle();
    scene.own(Number.POSITIVE_INFINITY);
    await scene.expectAtNear(bytes());
    await scene.expectNews([scene.lacks('ended') ? 'transport.closed' : 'transport.ended']);
  }),

  contractCase('tells an owner that comes late of a peer that has ended without a word', async (scene) => {
    scene.far.end();
    await scene.settle();
    scene.own(Number.POSITIVE_INFINITY);
    if (scene.lacks('ended')) return scene.expectNews(['transport.closed']);
    await scene.expectNews(['transport.ended']);
    scene.near.send([bytes()]);
    scene.near.close();
    await scene.expectAtFar(bytes());
    await scene.expectEndAtFar();
    await scene.expectNews(['transport.ended', 'transport.closed']);
  }),

  contractCase('tells an owner that comes late of a connection that the peer has broken', async (scene) => {
    scene.far.reset();
    await scene.settle();
    scene.own(Number.POSITIVE_INFINITY);
    await scene.expectNews([scene.lacks('error') ? 'transport.closed' : 'transport.error']);
  }),

  contractCase('tells an owner that comes late of an abort', async (scene) => {
    scene.near.abort();
    await scene.settle();
    scene.own();
    await scene.expectNews(['transport.closed']);
  }),

  contractCase('tells nothing from within a call', async (scene) => {
    const { near, witness } = scene;
    const quietly = (call: string, make: () => void): void => {
      const before = witness.told;
      make();
      assert.equal(witness.told - before, 0, `events told from within ${call}`);
    };
    await scene.write(bytes());
    await scene.settle();
    quietly('handOver', () => scene.own());
    quietly('activate', () => near.activate(Number.POSITIVE_INFINITY));
    await scene.expectAtNear(bytes());
    quietly('activate(0)', () => near.activate(0));
    await scene.write(bytes());
    scene.far.end();
    await scene.settle();
    quietly('send', () => near.send([streamBytes(1_000_000)]));
    quietly('activate', () => near.activate(Number.POSITIVE_INFINITY));
    quietly('close', () => near.close());
    await scene.expectAtNear(Buffer.concat([bytes(), bytes()]));
    quietly('abort', () => near.abort());
    await scene.until('the owner was told of the end', () => witness.over);
  }),

  contractCase('tells nothing from within a call when the peer has broken the connection', async (scene) => {
    const { near, witness } = scene;
    scene.far.reset();
    await scene.settle();
    for (const call of [() => scene.own(), () => near.send([bytes()]), () => near.activate(1), () => near.close()]) {
      const before = witness.told;
      call();
      assert.equal(witness.told - before, 0, 'events told from within a call');
    }
    await scene.until('the owner was told of the end', () => witness.over);
  }),

  contractCase('tells one event after the other, even if the owner acts upon one at once', async (scene) => {
    const { near, witness } = scene;
    const stream = streamBytes(500_000);
    witness.react = ({ type }) => {
      near.activate(Number.POSITIVE_INFINITY);
      near.send([bytes()]);
      if (type === 'transport.ended') near.close();
    };
    scene.own(1);
    const discarded = scene.begin(scene.expectNoMoreAtFar());
    await scene.write(stream);
    await scene.expectAtNear(stream);
    scene.far.end();
    await scene.until('the owner was told of the end', () => witness.over);
    await discarded;
    assert.equal(witness.reentered, false, 'the owner was told an event in the midst of another');
  }),
];
