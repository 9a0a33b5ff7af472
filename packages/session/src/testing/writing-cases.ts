import assert from 'node:assert/strict';
import { type ContractCase, contractCase } from './contract-case.ts';
import { assertSameStream, cut, streamBytes } from './stream-bytes.ts';

/** What a transport promises to whoever writes. */
export const writingCases: readonly ContractCase[] = [
  contractCase('writes before it has an owner', async (scene) => {
    const bytes = streamBytes(100);
    scene.near.send([bytes]);
    await scene.expectAtFar(bytes);
  }),

  contractCase('writes the chunks of a send in order, empty ones and none at all included', async (scene) => {
    const bytes = streamBytes(400);
    const nothing = new Uint8Array(0);
    const [first = nothing, second = nothing, third = nothing, fourth = nothing] = cut(bytes, [100]);
    scene.own();
    scene.near.send([]);
    scene.near.send([first, nothing, second]);
    scene.near.send([nothing]);
    scene.near.send([nothing, nothing]);
    scene.near.send([third]);
    scene.near.send([fourth]);
    await scene.expectAtFar(bytes);
  }),

  contractCase('writes a thousand sends of one turn in order', async (scene) => {
    const bytes = streamBytes(50_000);
    scene.own();
    for (const [i, piece] of cut(bytes, [50]).entries()) scene.near.send(i % 2 === 0 ? [piece] : cut(piece, [20]));
    await scene.expectAtFar(bytes);
  }),

  contractCase('writes chunks of 1 byte to 1 MiB in order and complete', async (scene) => {
    const bytes = streamBytes(3 * 1024 * 1024);
    scene.own();
    for (const piece of cut(bytes, [1, 125, 4096, 65_535, 65_536, 65_537, 1, 1024 * 1024])) scene.near.send([piece]);
    await scene.expectAtFar(bytes);
  }),

  contractCase('leaves the memory of its caller alone, and may be given the same again', async (scene) => {
    const memory = streamBytes(1000);
    const chunk = memory.subarray(300, 600);
    scene.own();
    scene.near.send([chunk, chunk]);
    scene.near.send([chunk]);
    await scene.expectAtFar(Buffer.concat([chunk, chunk, chunk]));
    scene.near.send([chunk]);
    await scene.expectAtFar(chunk);
    assert.equal(memory.buffer.byteLength, 1000, 'the memory that a chunk is a view on has been transferred');
    assertSameStream([memory], streamBytes(1000), 'in the memory of the caller');
  }),

  contractCase('has copied what it was given, where it says so', async (scene) => {
    const bytes = streamBytes(1024 * 1024);
    scene.own();
    const arrived = scene.begin(scene.expectAtFar(bytes));
    for (const [index, piece] of cut(bytes, [70_000, 1, 1000, 20_000, 125]).entries()) {
      const memory = new Uint8Array(piece);
      scene.near.send(index % 3 === 0 ? [memory] : [memory.subarray(0, 1), memory.subarray(1)]);
      if (scene.near.copied === true) memory.fill(0xff);
      if (index % 2 === 0) await scene.until('it has left', () => scene.near.buffered === 0);
    }
    await arrived;
  }),

  contractCase('carries both directions at once', async (scene) => {
    const [there, back] = [streamBytes(1024 * 1024), streamBytes(1024 * 1024, 7)];
    scene.own(Number.POSITIVE_INFINITY);
    const arrived = scene.begin(scene.expectAtFar(there));
    for (const piece of cut(there, [30_000])) scene.near.send([piece]);
    for (const piece of cut(back, [50_000])) await scene.write(piece);
    await arrived;
    await scene.expectAtNear(back);
  }),

  contractCase('counts in buffered what has not left, and nothing when all has', async (scene) => {
    const chunk = streamBytes(256 * 1024);
    scene.own();
    assert.equal(scene.near.buffered, 0, 'buffered, before anything was sent');
    const sent = await scene.congest(chunk);
    const before = scene.near.buffered;
    assert.ok(before > 0, 'it is congested, and buffered is 0');
    assert.ok(before <= sent, `buffered is ${before}, and only ${sent} bytes were sent`);
    scene.near.send([chunk.subarray(0, 1000)]);
    assert.ok(
      scene.near.buffered >= before + 1000,
      `1,000 more bytes wait, and buffered went from ${before} to ${scene.near.buffered}`,
    );
    const copies = Array.from({ length: sent / chunk.length }, () => chunk);
    await scene.expectAtFar(Buffer.concat([...copies, chunk.subarray(0, 1000)]));
    await scene.until('buffered is 0 after the peer has read all', () => scene.near.buffered === 0);
  }),

  contractCase('is congested while the peer does not read, then tells transport.drained, once', async (scene) => {
    const { near, witness } = scene;
    const chunk = streamBytes(256 * 1024);
    scene.own();
    assert.equal(near.congested, false, 'congested, before anything was sent');
    near.send([chunk.subarray(0, 1)]);
    await scene.settle();
    assert.equal(witness.drained, 0, 'transport.drained without having been congested');
    const sent = await scene.congest(chunk);
    const before = witness.drained;
    let congestedWhenTold = false;
    witness.react = ({ type }) => {
      if (type === 'transport.drained') congestedWhenTold ||= near.congested;
    };
    const copies = Array.from({ length: sent / chunk.length }, () => chunk);
    await scene.expectAtFar(Buffer.concat([chunk.subarray(0, 1), ...copies]));
    await scene.until('transport.drained followed', () => witness.drained > before);
    await scene.settle();
    assert.equal(congestedWhenTold, false, 'congested, when transport.drained is told');
    assert.equal(near.congested, false, 'congested, after transport.drained');
    assert.equal(witness.drained - before, 1, 'how often transport.drained was told for one congestion');
  }),
];
