import assert from 'node:assert/strict';
import { type ContractCase, contractCase } from './contract-case.ts';
import type { Scene } from './scene.ts';
import { streamBytes } from './stream-bytes.ts';

/** What is said. Made anew each time: a transport may do with it what it must not. */
const question = (): Uint8Array => streamBytes(100);
const answer = (): Uint8Array => streamBytes(100, 1000);

/** What the owner is told when the peer has broken the connection. */
const breakOf = (scene: Scene): string => (scene.lacks('error') ? 'transport.closed' : 'transport.error');

/** What a transport whose connection is over is still asked by an owner that has not heard of it. */
function useAfterTheEnd({ near, far }: Scene): void {
  near.activate(1);
  near.send([question()]);
  near.close();
  near.activate(Number.POSITIVE_INFINITY);
  near.abort();
  near.send([question(), question()]);
  near.close();
  near.activate(0);
  far.reset();
}

/** What a transport promises about the end. */
export const endingCases: readonly ContractCase[] = [
  contractCase("tells of the peer's end after its last bytes, and writes until it is closed itself", async (scene) => {
    scene.own(Number.POSITIVE_INFINITY);
    await scene.write(question());
    scene.far.end();
    if (scene.lacks('ended')) {
      await scene.expectEndAtFar();
      await scene.expectNews(['transport.closed']);
    } else {
      await scene.expectNews(['transport.ended']);
      scene.near.send([answer()]);
      await scene.expectAtFar(answer());
      scene.near.send([question()]);
      scene.near.close();
      await scene.expectAtFar(question());
      await scene.expectEndAtFar();
      await scene.expectNews(['transport.ended', 'transport.closed']);
    }
    await scene.expectAtNear(question());
  }),

  contractCase('does not tell of the end before the bytes that came before it', async (scene) => {
    scene.own(0);
    await scene.write(question());
    scene.far.end();
    await scene.settle();
    assert.deepEqual(scene.witness.types, [], 'events, while the last bytes have not been read');
    let early = false;
    scene.witness.react = ({ type }) => {
      if (type !== 'transport.data') early ||= scene.witness.length < question().length;
    };
    scene.near.activate(Number.POSITIVE_INFINITY);
    await scene.expectAtNear(question());
    await scene.until('the owner was told of the end', () => scene.witness.news.length > 0);
    assert.equal(early, false, 'the end was told before the last bytes');
  }),

  contractCase('close writes out what is buffered, then ends our direction', async (scene) => {
    const bytes = streamBytes(8 * 1024 * 1024);
    scene.own(Number.POSITIVE_INFINITY);
    scene.near.send([bytes.subarray(0, 4_000_000), bytes.subarray(4_000_000)]);
    scene.near.send([question()]);
    scene.near.close();
    await scene.settle();
    await scene.expectAtFar(Buffer.concat([bytes, question()]));
    await scene.expectEndAtFar();
    scene.far.end();
    await scene.until('the owner was told transport.closed', () => scene.witness.over);
    assert.equal(scene.witness.types.at(-1), 'transport.closed');
    assert.equal(scene.near.buffered, 0, 'buffered, after the end');
  }),

  contractCase('reads on after close, until the peer has ended too', async (scene) => {
    scene.own(Number.POSITIVE_INFINITY);
    scene.near.send([question()]);
    scene.near.close();
    await scene.settle();
    await scene.write(answer());
    await scene.expectAtNear(answer());
    await scene.settle();
    assert.deepEqual(scene.witness.types, [], 'events, before the peer has ended');
    await scene.expectAtFar(question());
    await scene.expectEndAtFar();
    scene.far.end();
    await scene.until('the owner was told transport.closed', () => scene.witness.over);
    assert.equal(scene.witness.types.at(-1), 'transport.closed');
  }),

  contractCase('takes a second close and what is sent after it without a word', async (scene) => {
    scene.own(Number.POSITIVE_INFINITY);
    scene.near.send([question()]);
    scene.near.close();
    scene.near.close();
    scene.near.send([answer()]);
    scene.near.send([answer(), answer()]);
    await scene.settle();
    scene.near.send([answer()]);
    scene.near.close();
    await scene.expectAtFar(question());
    await scene.expectEndAtFar();
    scene.far.end();
    await scene.until('the owner was told transport.closed', () => scene.witness.over);
    assert.equal(scene.witness.types.at(-1), 'transport.closed');
  }),

  contractCase(
    'abort lets go of everything at once: the peer sees the end, transport.closed follows',
    async (scene) => {
      scene.own(0);
      await scene.congest(streamBytes(256 * 1024));
      await scene.write(question());
      scene.near.activate(Number.POSITIVE_INFINITY);
      scene.near.abort();
      await scene.until('the owner was told of the end', () => scene.witness.over);
      assert.equal(scene.witness.types.at(-1), 'transport.closed');
      assert.equal(scene.witness.length, 0, 'bytes that came after abort');
      assert.equal(scene.near.buffered, 0, 'buffered, after abort');
      assert.equal(scene.near.congested, false, 'congested, after abort');
      await scene.expectNoMoreAtFar();
    },
  ),

  contractCase('abort does not wait for a close that the peer does not answer', async (scene) => {
    scene.own(Number.POSITIVE_INFINITY);
    await scene.congest(streamBytes(256 * 1024));
    scene.near.close();
    await scene.settle();
    assert.equal(scene.witness.over, false, 'the end was told, and the peer has neither read nor ended');
    scene.near.abort();
    await scene.until('the owner was told of the end', () => scene.witness.over);
    assert.equal(scene.witness.types.at(-1), 'transport.closed');
    await scene.expectNoMoreAtFar();
  }),

  contractCase('abort within an event is the last of the data', async (scene) => {
    const { near, witness } = scene;
    witness.react = ({ type }) => {
      if (type === 'transport.data') near.abort();
    };
    scene.own(Number.POSITIVE_INFINITY);
    scene.far.write(streamBytes(1_000_000)).catch(() => {}); // it need not get through
    await scene.expectNews(['transport.closed']);
    assert.equal(witness.batches.length, 1, 'batches, of which the first was answered with abort');
  }),

  contractCase('tells of a connection that the peer has broken', async (scene) => {
    scene.own(Number.POSITIVE_INFINITY);
    await scene.write(question());
    await scene.expectAtNear(question());
    scene.far.reset();
    await scene.expectNews([breakOf(scene)]);
    for (const event of scene.witness.news) {
      if (event.type === 'transport.error') assert.ok(event.error instanceof Error, 'its error is no Error');
    }
  }),

  contractCase('tells nothing after transport.closed, whatever it is asked', async (scene) => {
    scene.own(Number.POSITIVE_INFINITY);
    scene.near.close();
    await scene.expectEndAtFar();
    scene.far.end();
    await scene.until('the owner was told transport.closed', () => scene.witness.over);
    const { told, types } = scene.witness;
    useAfterTheEnd(scene);
    await scene.settle();
    assert.deepEqual(scene.witness.types, types, 'the events that the owner was told beside data');
    assert.equal(scene.witness.told, told, 'how often the owner was told anything');
    assert.equal(types.indexOf('transport.closed'), types.length - 1, 'the place of the first transport.closed');
  }),

  contractCase('tells nothing after a break, whatever it is asked', async (scene) => {
    scene.own(Number.POSITIVE_INFINITY);
    scene.far.reset();
    await scene.until('the owner was told of the break', () => scene.witness.over);
    useAfterTheEnd(scene);
    await scene.settle();
    assert.deepEqual(scene.witness.types, [breakOf(scene)], 'the events that the owner was told beside data');
    assert.equal(scene.witness.length, 0, 'bytes that came after the end');
  }),

  contractCase('tells nothing after an abort but transport.closed, whatever it is asked', async (scene) => {
    scene.own(Number.POSITIVE_INFINITY);
    scene.near.abort();
    useAfterTheEnd(scene);
    await scene.expectNews(['transport.closed']);
    useAfterTheEnd(scene);
    await scene.expectNews(['transport.closed']);
  }),
];
