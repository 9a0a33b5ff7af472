import { describe, expect, it } from 'vitest';
import { isControl, isReserved, Opcode } from './opcode.ts';

describe('opcodes', () => {
  const all = Array.from({ length: 16 }, (_, opcode) => opcode);

  it('are those of the base framing protocol (RFC 6455 §11.8)', () => {
    expect(Opcode).toEqual({ continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 });
  });

  it('are reserved from 3 to 7 and from 11 to 15 (RFC 6455 §5.2)', () => {
    expect(all.filter(isReserved)).toEqual([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]);
  });

  it('mean control frames from 8 on (RFC 6455 §5.5)', () => {
    expect(all.filter(isControl)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  });
});
