import { describe, expect, it } from 'vitest';
import { type ReceivedMessage, received } from './received-message.ts';

const copyOf = (message: ReceivedMessage, room = message.length + 2): string => {
  const target = Buffer.alloc(room, '.');
  message.copyTo(target, 1);
  return target.toString();
};

describe('a received text', () => {
  it('reads as a text frame, a byte order mark included', () => {
    const message = received('text', Buffer.from('\ufeffκόσμε'));
    expect(message.type).toBe('text');
    expect(message.data).toBe('\ufeffκόσμε');
    expect(message.data).toBe(message.data);
    expect(message.length).toBe(13);
  });

  it('reads from a plain view in the middle of a chunk', () => {
    const chunk = Uint8Array.from(Buffer.from('xxhelloyy'));
    expect(received('text', chunk.subarray(2, 7)).data).toBe('hello');
    expect(received('text', chunk, 2, 5).data).toBe('hello');
    expect(received('text', chunk, 2).data).toBe('helloyy');
  });

  it('reads as one text where a part ends inside of a code point', () => {
    const bytes = Buffer.from('grüße');
    expect(received('text', [bytes.subarray(0, 3), bytes.subarray(3)]).data).toBe('grüße');
  });

  it('shows its text when written as JSON', () => {
    expect(JSON.stringify(received('text', Buffer.from('hi')))).toBe('{"type":"text","data":"hi"}');
  });
});

describe('a received binary message', () => {
  it('has the bytes of its part of a chunk, without a copy', () => {
    const chunk = Buffer.from('xxhelloyy');
    const message = received('binary', chunk, 2, 5);
    expect(message.data).toEqual(Buffer.from('hello'));
    expect(message.data.buffer).toBe(chunk.buffer);
    expect(message.data).toBe(message.data);
    expect(message.parts).toEqual([Buffer.from('hello')]);
  });

  it('is joined when somebody asks, once', () => {
    const parts = [Buffer.from('hel'), Buffer.from('lo')];
    const message = received('binary', parts);
    expect(message.length).toBe(5);
    expect(message.parts).toBe(parts);
    expect(message.data).toEqual(Buffer.from('hello'));
    expect(message.data).toBe(message.data);
    expect(message.parts).toEqual([Buffer.from('hello')]);
  });

  it('may be empty', () => {
    for (const message of [received('binary', []), received('binary', Buffer.from('xx'), 1, 0)]) {
      expect([message.length, message.data.length]).toEqual([0, 0]);
      expect(copyOf(message)).toBe('..');
    }
  });

  it('shows its bytes when written as JSON', () => {
    expect(JSON.parse(JSON.stringify(received('binary', Uint8Array.of(7))))).toEqual({
      type: 'binary',
      data: { 0: 7 },
    });
  });
});

describe('a copy of a received message', () => {
  const long = 'x'.repeat(100);

  it.each([
    ['a short one', received('text', Buffer.from('xxhelloyy'), 2, 5), '.hello.'],
    ['a long one', received('text', Buffer.from(`..${long}..`), 2, 100), `.${long}.`],
    ['a long one of a plain array', received('text', new Uint8Array(Buffer.from(`..${long}..`)), 2, 100), `.${long}.`],
    ['one in short parts', received('binary', [Buffer.from('hel'), Buffer.from('lo')]), '.hello.'],
    ['one in long parts', received('binary', [Buffer.from(long), Buffer.from('y')]), `.${long}y.`],
  ])('is where it should be, and nowhere else: %s', (_, message, copy) => {
    expect(copyOf(message)).toBe(copy);
  });
});
