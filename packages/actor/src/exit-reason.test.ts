import { describe, expect, it } from 'vitest';
import type { Snapshot } from 'xstate';
import { crash, exitReasonOf, noproc } from './exit-reason.ts';

const done = (output: unknown): Snapshot<unknown> => ({ status: 'done', output, error: undefined });

describe('exitReasonOf', () => {
  it('takes an output that is a reason, of any package, for the reason', () => {
    const reason = { type: 'remote', code: 1000 };
    expect(exitReasonOf(done(reason))).toBe(reason);
  });

  it.each([[undefined], [null], ['done'], [42], [{}], [{ type: 7 }]])(
    'takes an actor that ended with output %j for one that ended normally',
    (output) => {
      expect(exitReasonOf(done(output))).toEqual({ type: 'normal' });
    },
  );

  it('takes an actor in error for crashed, with what was thrown', () => {
    const error = new Error('boom');
    expect(exitReasonOf({ status: 'error', output: undefined, error })).toEqual({ type: 'crash', error });
  });

  it('takes an actor that was stopped for killed', () => {
    expect(exitReasonOf({ status: 'stopped', output: undefined, error: undefined })).toEqual({ type: 'killed' });
  });
});

describe('reasons', () => {
  it('keep what was thrown as it is, even if it is no Error', () => {
    expect(crash('a string')).toEqual({ type: 'crash', error: 'a string' });
    expect(crash(undefined)).toEqual({ type: 'crash', error: undefined });
  });

  it('name an actor that is not there', () => {
    expect(noproc).toEqual({ type: 'noproc' });
  });
});
