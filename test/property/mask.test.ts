import { mask } from '@genws/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const key = fc.integer();
const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 16 }));
const phase = fc.nat(100);

/** The same bytes in memory that begins `offset` bytes after a boundary of words. */
function placed(content: Uint8Array, offset: number): Uint8Array {
  const view = new Uint8Array(new ArrayBuffer(offset + content.length + 8), offset, content.length);
  view.set(content);
  return view;
}

describe('masking (RFC 6455 §5.3)', () => {
  it('twice with the same key and phase gives the bytes back, wherever they stand in memory', () => {
    fc.assert(
      fc.property(bytes, key, phase, fc.nat(7), (content, key, phase, offset) => {
        const view = placed(content, offset);
        mask(view, 0, view.length, key, phase);
        mask(view, 0, view.length, key, phase);
        expect(view).toEqual(content);
      }),
      { numRuns: 500 },
    );
  });

  it('XORs octet i with octet (i + phase) mod 4 of the key', () => {
    fc.assert(
      fc.property(bytes, key, phase, fc.nat(7), (content, key, phase, offset) => {
        const view = placed(content, offset);
        mask(view, 0, view.length, key, phase);
        expect(view).toEqual(content.map((byte, i) => byte ^ (key >>> (((i + phase) % 4) * 8))));
      }),
      { numRuns: 500 },
    );
  });

  it('of a whole equals that of its parts with the phase carried on', () => {
    const cuts = fc.array(fc.nat(300), { maxLength: 5 });
    fc.assert(
      fc.property(bytes, key, phase, cuts, fc.nat(7), (content, key, phase, cuts, offset) => {
        const whole = placed(content, 0);
        mask(whole, 0, whole.length, key, phase);
        const parts = placed(content, offset);
        const ends = [...cuts.filter((end) => end < content.length).sort((a, b) => a - b), content.length];
        let start = 0;
        for (const end of ends) {
          mask(parts, start, end, key, phase + start);
          start = end;
        }
        expect(parts).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing outside of its range', () => {
    fc.assert(
      fc.property(bytes, key, fc.nat(300), fc.nat(300), (content, key, a, b) => {
        const [start, end] = [Math.min(a, b, content.length), Math.min(Math.max(a, b), content.length)];
        const view = placed(content, 0);
        mask(view, start, end, key);
        expect(view.subarray(0, start)).toEqual(content.subarray(0, start));
        expect(view.subarray(end)).toEqual(content.subarray(end));
      }),
      { numRuns: 300 },
    );
  });
});
