import { describe, expect, it } from 'vitest';
import { asBuffer, binary, ping, pong, text } from './frame.ts';

describe('frames', () => {
  it('are plain values with a type', () => {
    const bytes = Uint8Array.of(1, 2);
    expect(text('a')).toEqual({ type: 'text', data: 'a' });
    expect(binary(bytes)).toEqual({ type: 'binary', data: bytes });
    expect(ping()).toEqual({ type: 'ping', data: '' });
    expect(pong('p')).toEqual({ type: 'pong', data: 'p' });
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
