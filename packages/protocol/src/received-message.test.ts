import { describe, expect, it } from 'vitest';
import { ReceivedBinary, ReceivedText } from './received-message.ts';

const copyOf = (message: ReceivedText | ReceivedBinary, room = message.length + 2): string => {
  const target = Buffer.alloc(room, '.');
  message.copyTo(target, 1);
  return target.toString();
};

describe('ReceivedText', () => {
  it('reads as a text frame, a byte order mark included', () => {
    const received = new ReceivedText(Buffer.from('\ufeffκόσμε'));
    expect(received.type).toBe('text');
    expect(received.data).toBe('\ufeffκόσμε');
    expect(received.data).toBe(received.data);
    expect(received.length).toBe(13);
  });

  it('reads from a plain view in the middle of a chunk', () => {
    const chunk = Uint8Array.from(Buffer.from('xxhelloyy'));
    expect(new ReceivedText(chunk.subarray(2, 7)).data).toBe('hello');
    expect(new ReceivedText(chunk, 2, 5).data).toBe('hello');
    expect(new ReceivedText(chunk, 2).data).toBe('helloyy');
  });

  it('reads as one text where a part ends inside of a code point', () => {
    const bytes = Buffer.from('grüße');
    expect(new ReceivedText([bytes.subarray(0, 3), bytes.subarray(3)]).data).toBe('grüße');
  });

  it('shows its text when written as JSON', () => {
    expect(JSON.stringify(new ReceivedText(Buffer.from('hi')))).toBe('{"type":"text","data":"hi"}');
  });
});

describe('ReceivedBinary', () => {
  it('has the bytes of its part of a chunk, without a copy', () => {
    const chunk = Buffer.from('xxhelloyy');
    const received = new ReceivedBinary(chunk, 2, 5);
    expect(received.data).toEqual(Buffer.from('hello'));
    expect(received.data.buffer).toBe(chunk.buffer);
    expect(received.data).toBe(received.data);
    expect(received.parts).toEqual([Buffer.from('hello')]);
  });

  it('is joined when somebody asks, once', () => {
    const parts = [Buffer.from('hel'), Buffer.from('lo')];
    const received = new ReceivedBinary(parts);
    expect(received.length).toBe(5);
    expect(received.parts).toBe(parts);
    expect(received.data).toEqual(Buffer.from('hello'));
    expect(received.data).toBe(received.data);
    expect(received.parts).toEqual([Buffer.from('hello')]);
  });

  it('may be empty', () => {
    for (const received of [new ReceivedBinary([]), new ReceivedBinary(Buffer.from('xx'), 1, 0)]) {
      expect([received.length, received.data.length]).toEqual([0, 0]);
      expect(copyOf(received)).toBe('..');
    }
  });

  it('shows its bytes when written as JSON', () => {
    expect(JSON.parse(JSON.stringify(new ReceivedBinary(Uint8Array.of(7))))).toEqual({
      type: 'binary',
      data: { 0: 7 },
    });
  });
});

describe('a copy of a received message', () => {
  const long = 'x'.repeat(100);

  it.each([
    ['a short one', new ReceivedText(Buffer.from('xxhelloyy'), 2, 5), '.hello.'],
    ['a long one', new ReceivedText(Buffer.from(`..${long}..`), 2, 100), `.${long}.`],
    ['one in short parts', new ReceivedBinary([Buffer.from('hel'), Buffer.from('lo')]), '.hello.'],
    ['one in long parts', new ReceivedBinary([Buffer.from(long), Buffer.from('y')]), `.${long}y.`],
  ])('is where it should be, and nowhere else: %s', (_, message, copy) => {
    expect(copyOf(message)).toBe(copy);
  });
});
