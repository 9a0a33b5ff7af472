import { type ReceivedFrame, received } from '@genws/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterFrame, afterMessage, describeInputs, sizeOf } from './recent-inputs.ts';

const frames: readonly ReceivedFrame[] = [
  received('text', Buffer.from('grün')),
  received('binary', Buffer.alloc(7)),
  { type: 'ping', data: Buffer.alloc(3) },
  { type: 'pong', data: Buffer.alloc(2) },
  { type: 'close', code: 4000, reason: 'bye' },
];

describe('what a handler was given last', () => {
  it('is nothing at the beginning', () => {
    expect(describeInputs(0)).toBeUndefined();
  });

  it('is told by its kind, the latest last', () => {
    const recent = afterMessage(afterMessage(frames.reduce(afterFrame, 0), false), true);
    expect(describeInputs(recent)).toBe('text binary ping pong close info call');
  });

  it('is the last ten inputs, however many there were', () => {
    const anyInput = fc.oneof(fc.constantFrom(...frames), fc.boolean());
    fc.assert(
      fc.property(fc.array(anyInput, { minLength: 1, maxLength: 100 }), (inputs) => {
        let recent = 0;
        for (const input of inputs)
          recent = typeof input === 'boolean' ? afterMessage(recent, input) : afterFrame(recent, input);
        const names = inputs.map((input) => (input === true ? 'call' : input === false ? 'info' : input.type));
        expect(describeInputs(recent)).toBe(names.slice(-10).join(' '));
      }),
    );
  });

  it('has the size of its payload, in bytes', () => {
    expect(frames.map(sizeOf)).toEqual([5, 7, 3, 2, 0]);
  });
});
