import { describe, expectTypeOf, it } from 'vitest';
import type { Process } from './exit-signal.ts';
import type { Recipient } from './message.ts';
import { type Down, type MonitorRef, monitor } from './monitor.ts';

declare const target: Process & { readonly name: string };
declare const takesNews: Recipient<Down | 'other news'>;
declare const takesOtherNews: Recipient<'other news'>;

describe('monitor', () => {
  it('tells a function which target it was', () => {
    monitor(target, (down) => expectTypeOf(down.target.name).toBeString());
  });

  it('takes an actor that takes the news, and no other', () => {
    expectTypeOf(monitor(target, takesNews)).toEqualTypeOf<MonitorRef>();
    // @ts-expect-error it would not know what to do with it
    monitor(target, takesOtherNews);
  });
});
