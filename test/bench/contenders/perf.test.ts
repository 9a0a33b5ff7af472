import { describe, expect, it } from 'vitest';
import { profiled, sharesOf } from './perf.ts';

const report = `
 40.50% |[k] tcp_ack
 9.50%  |[k] Marking time in the kernel
 11.00% |[.] JS:*'#next file:///srv/packages/session/src/reader.ts:171:8
 2.00%  |[.] JS:+'Marking file:///srv/node_modules/ws/lib/receiver.js:17:21
 1.00%  |[.] RegExp:^a
 5.00%  |[.] JS:*'onStreamRead node:internal/stream_base_commons:171:22
 6.00%  |[.] Builtins_CreateTypedArray
 3.00%  |[.] v8::internal::Scavenger::Process(v8::JobDelegate*)
 2.00%  |[.] v8::internal::ArrayBufferSweeper::SweepYoung
 12.50% |[.] _int_malloc
 7.50%  |[.] v8::internal::(anonymous namespace)::Invoke
`;

describe('a profile of a server', () => {
  it('adds up what belongs together', () => {
    const shares = sharesOf(report);
    const expected = { kernel: 50, platform: 5, program: 14, builtins: 6, collection: 5, native: 20 };
    const percent = Object.entries(shares).map(([kind, share]) => [kind, Math.round(share * 100)]);
    expect(Object.fromEntries(percent)).toEqual(expected);
  });

  it('says what has to be installed where there is no perf', async () => {
    const { PATH } = process.env;
    try {
      process.env.PATH = '';
      await expect(profiled(process.pid, async () => {})).rejects.toThrow('apt install linux-perf');
    } finally {
      process.env.PATH = PATH;
    }
  });
});
