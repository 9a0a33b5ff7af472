import { encodeFrame, type Frame, ping, text } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import type { SessionContext } from './data-lane.ts';
import type { Decision } from './event.ts';
import { Liveness } from './liveness.ts';
import { startOpen } from './machine-paths.fixture.ts';
import type { MailboxItem } from './mailbox.ts';
import { createMailboxOnly } from './mailbox-only.fixture.ts';
import { type ResolvedTuning, resolveTuning, type SessionTuning } from './options.ts';
import { createOutbox, sized } from './outbox.fixture.ts';
import { Reader, type Taker } from './reader.ts';
import { Sink } from './sink.fixture.ts';

const { context: idle } = startOpen('server').actor.getSnapshot();
const busy: SessionContext = { ...idle, busy: true };

/** A handler that takes what it is told to take, and decides what it is told to decide. */
class FakeTaker implements Taker<unknown> {
  backlog = 0;
  takes = true;
  readonly dispatched: string[] = [];
  readonly waiting: string[] = [];
  decide: (what: string) => Decision = () => undefined;

  get empty(): boolean {
    return this.waiting.length === 0;
  }

  takesFrames(): boolean {
    return this.takes;
  }

  dispatch(item: MailboxItem): Decision {
    const what = nameOf(item);
    this.dispatched.push(what);
    return item.type === 'peer.violated' ? item : this.decide(what);
  }

  wait(item: MailboxItem): Decision {
    this.waiting.push(nameOf(item));
    return undefined;
  }
}

function nameOf(item: MailboxItem): string {
  if (item.type === 'text') return item.data;
  return item.type === 'peer.violated' ? item.violation.code : item.type;
}

function createReader(options: SessionTuning = {}) {
  const { session, messages } = createMailboxOnly();
  const { outbox, sink } = createOutbox({ maxBuffered: 1e6, highWater: 1000 });
  const transport = new Sink();
  const taker = new FakeTaker();
  const errors: unknown[] = [];
  const tuning = resolveTuning(options);
  const clock = { now: 0 };
  const liveness = new Liveness({ tuning, clock: { now: () => clock.now } });
  const owner = {
    role: 'server' as const,
    transport,
    tuning,
    compression: undefined,
    liveness,
    dispatcher: taker,
    self: session,
    outbox,
    get overflowing() {
      return outbox.overflowing;
    },
    hold: () => outbox.hold(),
    release: () => outbox.release(),
    failed: (error: unknown) => errors.push(error),
  };
  const reader = new Reader(owner);
  /** Options have changed. */
  const tune = (changed: ResolvedTuning): void => {
    const before = owner.tuning;
    owner.tuning = changed;
    reader.tuned(before);
  };
  return {
    reader,
    tune,
    transport,
    taker,
    tuning,
    outbox,
    clock,
    liveness,
    messages,
    errors,
    sink,
    receive: (frames: readonly Frame[], context: SessionContext = idle): Decision =>
      reader.receive(Buffer.concat(frames.map((frame) => encodeFrame(frame, 'client'))), context),
  };
}

describe('how much is read', () => {
  it('is no end of chunks by default, asked for once', () => {
    const { reader, transport, receive } = createReader();
    reader.start();
    for (let i = 0; i < 10; i++) {
      receive([text('x')]);
      reader.regulate(idle);
    }
    expect(transport.activations).toEqual([Infinity]);
  });

  it('are activeN chunks at a time, the next when these have come', () => {
    const { reader, transport, receive } = createReader({ activeN: 2 });
    reader.start();
    for (let i = 0; i < 5; i++) {
      receive([text('x')]);
      reader.regulate(idle);
    }
    expect(transport.activations).toEqual([2, 2, 2]);
  });

  it('is what activeN has become as soon as it changes, whether it was more or less', () => {
    const { reader, transport, tuning, tune } = createReader();
    reader.start();
    tune({ ...tuning, activeN: 1 });
    reader.regulate(idle);
    tune({ ...tuning, activeN: 1, idleTimeout: 5 });
    reader.regulate(idle);
    tune({ ...tuning, activeN: 100 });
    reader.regulate(idle);
    expect(transport.activations).toEqual([Infinity, 1, 100]);
  });

  it('is nothing while the handler takes nothing, or has too much to do, and goes on afterwards', () => {
    const { reader, transport, taker } = createReader({ activeN: 7, limits: { maxBacklog: 100 } });
    reader.start();
    taker.takes = false;
    for (let i = 0; i < 3; i++) reader.regulate(idle);
    taker.takes = true;
    reader.regulate(idle);
    taker.backlog = 101;
    reader.regulate(busy);
    taker.backlog = 100;
    reader.regulate(busy);
    expect(transport.activations).toEqual([7, 0, 7, 0, 7]);
  });

  it('makes the silence of a peer that was not read begin anew', () => {
    const { reader, taker, clock, liveness } = createReader({ idleTimeout: 1000 });
    reader.start();
    taker.takes = false;
    reader.regulate(idle);
    clock.now += 5000;
    taker.takes = true;
    reader.regulate(idle);
    expect(liveness.silenceLeft).toBe(1000);
  });

  it('tells of a transport that throws', () => {
    const { reader, transport, errors } = createReader();
    transport.failure = new Error('gone');
    reader.start();
    expect(errors).toEqual([transport.failure]);
  });
});

describe('what has been read', () => {
  it('is dispatched frame by frame, and keeps the peer alive', () => {
    const { taker, receive, liveness, clock } = createReader({ idleTimeout: 1000 });
    liveness.pinged();
    clock.now += 900;
    expect(receive([text('a'), text('b')])).toBeUndefined();
    expect(taker.dispatched).toEqual(['a', 'b']);
    expect([liveness.silenceLeft, liveness.unanswered]).toEqual([1000, false]);
  });

  it('waits while the handler is busy, and as bytes while it takes nothing', () => {
    const { reader, taker, receive } = createReader();
    receive([text('a')], busy);
    taker.takes = false;
    receive([text('b')]);
    expect([taker.dispatched, taker.waiting]).toEqual([[], ['a']]);
    taker.takes = true;
    reader.resume(idle);
    expect([taker.dispatched, taker.waiting]).toEqual([['b'], ['a']]);
  });

  it('waits from when the handler becomes busy with it', () => {
    const { taker, receive } = createReader();
    taker.decide = (what) => (what === 'b' ? { type: 'handler.pending' } : undefined);
    expect(receive([text('a'), text('b'), text('c')])).toEqual({ type: 'handler.pending' });
    expect([taker.dispatched, taker.waiting]).toEqual([['a', 'b'], ['c']]);
  });

  it('stays undecoded from when there is something to decide', () => {
    const { reader, taker, receive } = createReader();
    taker.decide = (what) => (what === 'a' ? { type: 'peer.throttled', ms: 5 } : undefined);
    expect(receive([text('a'), text('b')])).toEqual({ type: 'peer.throttled', ms: 5 });
    expect([taker.dispatched, taker.waiting]).toEqual([['a'], []]);
    reader.resume(idle);
    expect(taker.dispatched).toEqual(['a', 'b']);
  });

  it('stays undecoded from when the replies are more than the peer takes', () => {
    const { taker, receive, outbox, sink } = createReader();
    sink.congested = true;
    taker.decide = (what) => {
      if (what === 'b') outbox.append(sized(2000));
      return undefined;
    };
    expect(receive([text('a'), text('b'), text('c')])).toBeUndefined();
    expect(taker.dispatched).toEqual(['a', 'b']);
  });

  it('has its pings answered in one write, before the handler hears of them, even if it is busy', () => {
    const { receive, sink, taker, outbox } = createReader();
    taker.decide = (what) => {
      outbox.append(text(`after ${what}`));
      return undefined;
    };
    receive([ping('1'), text('a')]);
    receive([ping('2')], busy);
    expect(sink.frames).toEqual([['pong 1', 'text after ping', 'text after a'], ['pong 2']]);
  });

  it('counts nothing after a close frame, nor after what breaks the protocol (RFC 6455 §5.5.1)', () => {
    const { receive, taker } = createReader();
    receive([{ type: 'close', code: 1000 }, text('after'), ping()]);
    expect(taker.dispatched).toEqual(['close']);
    const flooded = createReader({ limits: { maxControlRate: 1 } });
    expect(flooded.receive([ping('1'), ping('2'), text('after')])).toMatchObject({
      type: 'peer.violated',
      violation: { code: 'controlFlood' },
    });
    flooded.reader.resume(idle);
    expect([flooded.taker.dispatched, flooded.sink.wire]).toEqual([['ping', 'controlFlood'], ['pong 1']]);
  });

  it('goes by its new limits from when they change', () => {
    const { tune, receive, taker, tuning } = createReader();
    receive([text('long')]);
    tune({ ...tuning, limits: { ...tuning.limits, maxMessage: 3 } });
    receive([text('long')]);
    expect(taker.dispatched).toEqual(['long', 'messageTooBig']);
  });
});

describe('the end of what a peer sends', () => {
  const ended = { type: 'transport.ended' };

  it('is told at once when nothing waits, and once', () => {
    const { reader } = createReader();
    expect(reader.end(idle)).toEqual(ended);
    expect(reader.resume(idle)).toBeUndefined();
  });

  it('is told after what it has sent, while the handler is busy or takes nothing', () => {
    const { reader, taker, receive } = createReader();
    receive([text('a')], busy);
    expect(reader.end(busy)).toBeUndefined();
    expect(reader.resume(busy)).toBeUndefined();
    expect(reader.resume(idle)).toBeUndefined(); // it has not been taken from the mailbox
    taker.waiting.length = 0;
    taker.takes = false;
    receive([text('b')]);
    expect(reader.resume(idle)).toBeUndefined();
    taker.takes = true;
    expect(reader.resume(idle)).toEqual(ended);
    expect(taker.dispatched).toEqual(['b']);
  });

  it('is told to a session that closes meanwhile', () => {
    const { reader } = createReader();
    expect(reader.end(busy)).toBeUndefined();
    expect(reader.awaitClose()).toEqual(ended);
  });
});

describe('a session that closes', () => {
  it('reads for the peer’s close frame alone', () => {
    const { reader, taker } = createReader();
    const bytes = (...frames: readonly Frame[]) => Buffer.concat(frames.map((frame) => encodeFrame(frame, 'client')));
    expect(reader.awaitClose(bytes(text('late'), ping()))).toBeUndefined();
    expect(reader.awaitClose(bytes(text('later'), { type: 'close', code: 1000 }))).toMatchObject({
      type: 'peer.closed',
      frame: { code: 1000 },
    });
    expect(taker.dispatched).toEqual([]);
  });

  it('hears of a peer that breaks the protocol even then', () => {
    const { reader } = createReader();
    expect(reader.awaitClose(Uint8Array.of(0x83, 0x80, 0, 0, 0, 0))).toMatchObject({ type: 'peer.violated' });
  });
});
