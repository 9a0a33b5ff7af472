import { setImmediate } from 'node:timers/promises';
import { binary, ping, text } from '@genws/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gathering } from './gathering.ts';
import { Sink } from './sink.fixture.ts';
import { Writer } from './writer.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

function createWriter() {
  const sink = new Sink();
  const errors: unknown[] = [];
  const writer = new Writer({ role: 'server', transport: sink, failed: (error) => errors.push(error) });
  return { writer, sink, errors };
}

/** A peer that takes one write, and no more before it is asked again. */
function createSlow() {
  const created = createWriter();
  const { sink } = created;
  sink.onWrite = (bytes) => {
    sink.buffered = bytes;
    sink.congested = true;
  };
  const read = (): void => {
    sink.buffered = 0;
    sink.congested = false;
    created.writer.drained();
  };
  return { ...created, read, sizes: () => sink.writes.map(({ length }) => length) };
}

describe('a writer', () => {
  it('writes what comes in one turn in one write, in order, in the next microtask', async () => {
    const { writer, sink } = createWriter();
    for (const data of ['a', 'b', 'c']) writer.write(text(data));
    expect(sink.writes).toEqual([]);
    expect([writer.buffered, writer.pressure, writer.congested]).toEqual([9, 0, false]);
    await setImmediate();
    expect(sink.frames).toEqual([['text a', 'text b', 'text c']]);
    expect(writer.buffered).toBe(0);
    writer.write(text('d'));
    await setImmediate();
    expect(sink.frames).toHaveLength(2);
  });

  it('holds back all writes of a turn until it ends, then writes once', async () => {
    const { writer, sink } = createWriter();
    writer.hold();
    writer.write(text('a'));
    await setImmediate();
    expect(sink.writes).toEqual([]);
    writer.write(text('b'));
    writer.release();
    expect(sink.frames).toEqual([['text a', 'text b']]);
    writer.release();
    await setImmediate();
    expect(sink.writes).toHaveLength(1);
  });

  it('writes before the turn is over what is more than 256 KiB, so that back-pressure is felt', () => {
    const { writer, sink } = createWriter();
    writer.hold();
    for (let i = 0; i < 3; i++) writer.write(binary(new Uint8Array(128 * kibibyte)));
    expect(sink.writes).toHaveLength(1);
    writer.write(text('next'));
    writer.release();
    expect(sink.decoded.map((frames) => frames.length)).toEqual([2, 2]);
  });

  it.each([
    ['in the same memory when the transport has copied it', true, 0, true],
    ['in the same memory when it has copied what it counts all the same', true, 1, true],
    ['in memory of its own when the transport does not say that it has copied it', false, 0, false],
  ])('writes the next turn %s', (_, copied, left, same) => {
    const { writer, sink } = createWriter();
    sink.copied = copied;
    sink.onWrite = () => {
      sink.buffered = left;
    };
    for (const data of ['one', 'two', 'three']) {
      writer.hold();
      sink.buffered = 0;
      writer.write(text(data));
      writer.release();
    }
    expect(sink.wire).toEqual(['text one', 'text two', 'text three']);
    const places = new Set(sink.chunks.map(({ byteOffset }) => byteOffset));
    expect(places.size).toBe(same ? 1 : 3);
  });

  describe('to a transport that gathers', () => {
    beforeEach(() => {
      vi.spyOn(performance, 'now').mockReturnValue(0); // turns are short, whatever the machine does
      for (let n = 0; n < 100; n++) gathering.add({ flush() {} }); // there are others
    });
    afterEach(() => void vi.restoreAllMocks());

    function createGathering() {
      const created = createWriter();
      created.sink.gathers = true;
      const turn = (...words: string[]): void => {
        created.writer.hold();
        for (const word of words) created.writer.write(text(word));
        created.writer.release();
      };
      return { ...created, turn };
    }

    it('writes what comes in one iteration of the event loop in one write at its end, whoever it comes from', async () => {
      const { writer, sink, turn } = createGathering();
      turn('one', 'turn');
      await Promise.resolve();
      expect([sink.writes, writer.buffered, writer.pressure]).toEqual([[], 11, 0]);
      turn('another');
      writer.write(text('from outside'));
      await setImmediate();
      expect(sink.frames).toEqual([['text one', 'text turn', 'text another', 'text from outside']]);
      turn('next');
      await setImmediate();
      expect(sink.frames).toHaveLength(2);
    });

    it('writes at once what is more than 4 KiB, with what has waited', () => {
      const { sink, turn } = createGathering();
      turn('short');
      expect(sink.writes).toEqual([]);
      turn('x'.repeat(4 * kibibyte));
      expect(sink.decoded.map((frames) => frames.length)).toEqual([2]);
    });

    it('writes at once when it is asked to, and before it ends its direction', () => {
      const { writer, sink, turn } = createGathering();
      turn('now');
      writer.flush();
      expect(sink.wire).toEqual(['text now']);
      turn('last');
      writer.end();
      expect([sink.wire, sink.closes]).toEqual([['text now', 'text last'], 1]);
    });

    it('is told of a transport that throws as in any other turn', async () => {
      const { sink, errors, turn } = createGathering();
      sink.failure = new Error('broken');
      turn('lost');
      expect(errors).toEqual([]);
      await setImmediate();
      expect(errors).toEqual([sink.failure]);
    });

    it('stays in the same memory, however many others are gathered with it', async () => {
      const all = [createGathering(), createGathering(), createGathering()];
      for (const { sink } of all) sink.copied = true;
      for (let iteration = 0; iteration < 3; iteration++) {
        for (const { turn } of all) turn('message');
        await setImmediate();
      }
      const places = new Set(all.flatMap(({ sink }) => sink.chunks.map(({ byteOffset }) => byteOffset)));
      expect(places.size).toBe(all.length);
    });
  });

  it('hands a large message over 1 MiB at a time, as the peer takes it, and what follows after it', () => {
    const { writer, sink, read, sizes } = createSlow();
    writer.hold();
    const data = Buffer.alloc(3.5 * mebibyte, 'payload');
    writer.write(binary(data));
    writer.write(text('next'));
    writer.release();
    const whole = 10 + data.length + 6;
    for (let taken = 1; taken <= 4; taken++) {
      expect(sizes()).toHaveLength(taken);
      const handedOver = sizes().reduce((sum, size) => sum + size, 0);
      expect(writer.buffered).toBe(whole - handedOver + (sizes().at(-1) ?? 0));
      expect(writer.congested).toBe(true);
      expect(writer.pressure).toBe(writer.buffered);
      read();
    }
    expect(Math.max(...sizes())).toBeLessThan(1.01 * mebibyte);
    expect(Math.min(...sizes().slice(0, -1))).toBeGreaterThanOrEqual(mebibyte);
    const [message, next] = sink.decoded.flat();
    expect(message?.type === 'binary' && data.equals(message.data)).toBe(true);
    expect(next).toMatchObject({ type: 'text' });
    expect([writer.buffered, writer.pressure, writer.congested]).toEqual([0, 0, false]);
  });

  it('keeps the order while a large message is on its way', () => {
    const { writer, sink, read } = createSlow();
    for (const frame of [binary(new Uint8Array(2 * mebibyte)), text('second'), ping('third')]) {
      writer.hold();
      writer.write(frame);
      writer.release();
    }
    expect(sink.writes).toHaveLength(1);
    sink.congested = false; // its drained event is still under way
    expect(writer.congested).toBe(true);
    while (writer.congested) read();
    expect(sink.decoded.flat().map(({ type }) => type)).toEqual(['binary', 'text', 'ping']);
  });

  it('is congested when the transport is, and counts as pressure what waits there', async () => {
    const { writer, sink } = createWriter();
    sink.buffered = 100;
    expect([writer.buffered, writer.pressure, writer.congested]).toEqual([100, 0, false]);
    sink.congested = true;
    expect([writer.buffered, writer.pressure, writer.congested]).toEqual([100, 100, true]);
    writer.write(text('a'));
    expect([writer.buffered, writer.pressure]).toEqual([103, 100]);
    await setImmediate();
    expect(sink.wire).toEqual(['text a']); // what is encoded leaves: nobody can drop it any more
  });

  it('ends with everything that has been written before, at once where nothing waits', () => {
    const { writer, sink } = createWriter();
    writer.write(text('last'));
    writer.end();
    expect([sink.wire, sink.closes]).toEqual([['text last'], 1]);
    writer.drained();
    expect(sink.closes).toBe(1);
  });

  it('does not end before a large message has been handed over', () => {
    const { writer, sink, read } = createSlow();
    writer.write(binary(new Uint8Array(2.5 * mebibyte)));
    writer.end();
    expect(sink.closes).toBe(0);
    read();
    expect([sink.writes.length, sink.closes]).toEqual([2, 0]);
    read();
    expect([sink.writes.length, sink.closes]).toEqual([3, 1]);
    read();
    expect(sink.closes).toBe(1);
  });

  it('lets what has to wait for a slow peer hold no more than twice its size', async () => {
    const { writer, sink } = createWriter();
    writer.write(text('leaves at once'));
    await setImmediate();
    sink.buffered = 1;
    writer.write(text('waits'));
    await setImmediate();
    const held = sink.chunks.map(({ length, buffer }) => buffer.byteLength <= 2 * length);
    expect(held).toEqual([false, true]); // the first lies in the block that all sessions share
    expect(sink.frames).toEqual([['text leaves at once'], ['text waits']]);
  });

  it('tells of a transport that throws', async () => {
    const { writer, sink, errors } = createWriter();
    sink.failure = new Error('gone');
    writer.write(text('a'));
    await setImmediate();
    expect(errors).toEqual([sink.failure]);
    writer.end();
    expect(errors).toEqual([sink.failure, sink.failure]);
  });

  it('does not keep others from writing when its transport throws on being asked how it is', async () => {
    const broken = createWriter();
    const others = [createWriter(), createWriter()];
    const [before, after] = others;
    before?.writer.write(text('a'));
    broken.writer.write(text('b'));
    after?.writer.write(text('c'));
    const failure = new Error('gone');
    Object.defineProperty(broken.sink, 'buffered', {
      get() {
        throw failure;
      },
    });
    await setImmediate();
    expect(broken.errors).toContain(failure);
    expect(others.map(({ sink }) => sink.frames)).toEqual([[['text a']], [['text c']]]);
  });
});
