import assert from 'node:assert/strict';
import { type ContractCase, contractCase } from './contract-case.ts';
import { assertSameStream, cut, streamBytes } from './stream-bytes.ts';

const awkward = [1, 2, 3, 7, 125, 126, 127, 128, 4095, 16_384, 65_535, 65_536, 65_537, 1];

/** What a transport promises to whoever reads. */
export const readingCases: readonly ContractCase[] = [
  contractCase('reads nothing before activate, and loses nothing', async (scene) => {
    const bytes = streamBytes(1000);
    await scene.write(bytes.subarray(0, 500));
    scene.own();
    await scene.write(bytes.subarray(500));
    await scene.settle();
    assert.equal(scene.witness.length, 0, 'there was no activate yet, and bytes have come');
    scene.near.activate(Number.POSITIVE_INFINITY);
    await scene.expectAtNear(bytes);
  }),

  contractCase('delivers at most as many batches as activate allows', async (scene) => {
    scene.own(2);
    const bytes = streamBytes(5);
    for (const count of [1, 2]) {
      await scene.write(bytes.subarray(count - 1, count));
      await scene.until(`activate(2) delivered batch ${count}`, () => scene.witness.batches.length >= count);
    }
    for (const allowed of [2, 3]) {
      await scene.write(bytes.subarray(allowed, allowed + 1));
      await scene.settle();
      assert.equal(scene.witness.batches.length, allowed, 'batches, of which that many were allowed');
      scene.near.activate(1);
      await scene.until('activate(1) delivered a batch', () => scene.witness.batches.length > allowed);
    }
    await scene.write(bytes.subarray(4));
    await scene.settle();
    assert.equal(scene.witness.batches.length, 4, 'batches, of which 4 were allowed');
    scene.near.activate(1);
    await scene.expectAtNear(bytes);
  }),

  contractCase('stops reading at activate(0), and goes on where it has stopped', async (scene) => {
    const bytes = streamBytes(300_000);
    scene.own(Number.POSITIVE_INFINITY);
    await scene.write(bytes.subarray(0, 10));
    await scene.expectAtNear(bytes.subarray(0, 10));
    scene.near.activate(0);
    const writing = scene.begin(scene.far.write(bytes.subarray(10)));
    await scene.settle();
    assert.equal(scene.witness.length, 10, 'bytes that have come in all, though activate(0) has stopped them');
    scene.near.activate(Number.POSITIVE_INFINITY);
    await scene.awaited('the peer could write', writing);
    await scene.expectAtNear(bytes);
  }),

  contractCase('stops reading at an activate(0) within the event', async (scene) => {
    const bytes = streamBytes(300_000);
    const { near, witness } = scene;
    witness.react = () => near.activate(0);
    scene.own(Number.POSITIVE_INFINITY);
    await scene.write(bytes.subarray(0, 10));
    await scene.until('a batch came', () => witness.batches.length > 0);
    const writing = scene.begin(scene.far.write(bytes.subarray(10)));
    await scene.settle();
    assert.equal(witness.batches.length, 1, 'batches, though the first was answered with activate(0)');
    witness.react = () => {};
    near.activate(Number.POSITIVE_INFINITY);
    await scene.awaited('the peer could write', writing);
    await scene.expectAtNear(bytes);
  }),

  contractCase('counts anew with each activate', async (scene) => {
    const bytes = streamBytes(3);
    scene.own(Number.POSITIVE_INFINITY);
    scene.near.activate(5);
    scene.near.activate(1);
    await scene.write(bytes.subarray(0, 1));
    await scene.expectAtNear(bytes.subarray(0, 1));
    await scene.write(bytes.subarray(1, 2));
    await scene.settle();
    assert.equal(scene.witness.length, 1, 'batches, though the last call was activate(1)');
    scene.near.activate(1);
    scene.near.activate(2);
    await scene.expectAtNear(bytes.subarray(0, 2));
    await scene.write(bytes.subarray(2));
    await scene.expectAtNear(bytes);
  }),

  contractCase('can be pulled: each batch asks for the next', async (scene) => {
    const bytes = streamBytes(1_000_000);
    scene.witness.react = () => scene.near.activate(1);
    scene.own(1);
    for (const piece of cut(bytes, [100_000, 1, 50_000])) await scene.write(piece);
    await scene.expectAtNear(bytes);
  }),

  contractCase('delivers what the peer writes in order and complete, however it is cut', async (scene) => {
    const bytes = streamBytes(3 * 1024 * 1024);
    scene.own(Number.POSITIVE_INFINITY);
    const pieces = [...cut(bytes.subarray(0, 1024 * 1024), awkward), bytes.subarray(1024 * 1024)];
    for (const piece of pieces) await scene.write(piece);
    await scene.expectAtNear(bytes);
  }),

  contractCase('gives the bytes away: their owner may keep them, and change them in place', async (scene) => {
    const written = streamBytes(200);
    const copies: Uint8Array[] = [];
    scene.witness.react = (event) => {
      if (event.type !== 'transport.data') return;
      copies.push(new Uint8Array(event.bytes));
      event.bytes.fill(copies.length);
    };
    scene.own(Number.POSITIVE_INFINITY);
    for (const piece of cut(written, [20])) {
      const before = copies.length;
      await scene.write(piece);
      await scene.until('the next batch came', () => copies.length > before);
    }
    await scene.until('all bytes came', () => scene.witness.length >= written.length);
    assertSameStream(copies, streamBytes(200), 'at the owner, which overwrote each batch');
    assertSameStream([written], streamBytes(200), 'in the memory of the peer');
    for (const [i, batch] of scene.witness.batches.entries()) {
      assert.ok(
        batch.every((byte) => byte === i + 1),
        'a batch that its owner has kept is not what the owner made of it',
      );
    }
  }),

  contractCase('holds the peer back while it does not read', async (scene) => {
    const chunk = streamBytes(256 * 1024);
    scene.own(1);
    await scene.write(chunk.subarray(0, 1));
    await scene.expectAtNear(chunk.subarray(0, 1));
    const written = await scene.stall(chunk);
    assert.equal(scene.witness.length, 1, 'bytes that have come, though one batch of one byte was allowed');
    scene.near.activate(Number.POSITIVE_INFINITY);
    const copies = Array.from({ length: written / chunk.length }, () => chunk);
    await scene.expectAtNear(Buffer.concat([chunk.subarray(0, 1), ...copies]));
  }),
];
