import { describe, expect, it } from 'vitest';
import { asBuffer, binary, ping, pong, ReceivedText, text } from './frame.ts';

describe('frames', () => {
  it('are plain values with a type', () => {
    const bytes = Uint8Array.of(1, 2);
    expect(text('a')).toEqual({ type: 'text', data: 'a' });
    expect(binary(bytes)).toEqual({ type: 'binary', data: bytes });
    expect(ping()).toEqual({ type: 'ping', data: '' });
    expect(pong('p')).toEqual({ type: 'pong', data: 'p' });
  });
});

describe('ReceivedText', () => {
  it('reads as a text frame, a byte order mark included', () => {
    const received = new ReceivedText(Buffer.from('\ufeffκόσμε'));
    expect(received.type).toBe('text');
    expect(received.data).toBe('\ufeffκόσμε');
    expect(received.data).toBe(received.data);
  });

  it('reads from a plain view in the middle of a chunk', () => {
    const chunk = Uint8Array.from(Buffer.from('xxhelloyy'));
    expect(new ReceivedText(chunk.subarray(2, 7)).data).toBe('hello');
  });

  it('shows its text when written as JSON', () => {
    expect(JSON.stringify(new ReceivedText(Buffer.from('hi')))).toBe('{"type":"text","data":"hi"}');
  });
});

describe('asBuffer', () => {
  it('shares the memory of a view, and nothing around it', () => {
    const memory = Uint8Array.of(0, 1, 2, 3);
    const buffer = asBuffer(memory.subarray(1, 3));
    expect([...buffer]).toEqual([1, 2]);
    buffer[0] = 9;
    expect(memory[1]).toBe(9);
    expect(asBuffer(buffer)).toBe(buffer);
  });
});
