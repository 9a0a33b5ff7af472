import { broadcast, createGroup, type Group, join, leave, members, type Recipient, tell } from '@genws/actor';
import { binary, type PreparedFrame, prepare, received, text } from '@genws/protocol';
import { describe, expectTypeOf, it } from 'vitest';
import type { OutboundFrame } from './command.ts';
import type { SendOutcome } from './event.ts';
import type { SlowConsumerPolicy } from './options.ts';
import type { SessionRef } from './session-ref.ts';
import { close, type PublishOutcome, publish, send, stop } from './verbs.ts';

interface News {
  readonly headline: string;
}

declare const newsSession: SessionRef<News>;
declare const anySession: SessionRef;
declare const stringSession: SessionRef<string>;
declare const anyPolicy: SlowConsumerPolicy;

describe('messages', () => {
  const group: Group<News> = createGroup<News>();

  it('are those that the handler takes: tell', () => {
    tell(newsSession, { headline: 'x' });
    // @ts-expect-error a headline is a string
    tell(newsSession, { headline: 1 });
    // @ts-expect-error no news
    tell(newsSession, 'x');
    tell(anySession, 'x');
    newsSession.send({ type: 'info', message: { headline: 'x' } });
    // @ts-expect-error no news
    newsSession.send({ type: 'info', message: 'x' });
    // @ts-expect-error inner events are for the session itself
    newsSession.send({ type: 'handler.settled' });
  });

  it('are those of the group: broadcast', () => {
    expectTypeOf(broadcast(group, { headline: 'x' })).toBeNumber();
    broadcast(group, { headline: 'x' }, { except: newsSession });
    // @ts-expect-error no news
    broadcast(group, 'x');
  });

  it('are none where frames go to a group of sessions: publish', () => {
    const sessions = createGroup<News, SessionRef<News>>();
    join(sessions, newsSession);
    // @ts-expect-error takes no news
    join(sessions, stringSession);
    publish(sessions, text('x'));
    publish(members(sessions), text('x'), { except: newsSession });
    // @ts-expect-error its members may be anything that takes messages
    publish(group, text('x'));
  });

  it('decide who can join a group', () => {
    join(group, newsSession);
    leave(group, newsSession);
    join(group, anySession); // takes everything
    // @ts-expect-error takes strings only
    join(group, stringSession);
    expectTypeOf(members(group)).toExtend<Recipient<News>[]>();
  });
});

describe('frames', () => {
  it('can be sent to every session: what was received, made by hand, or prepared', () => {
    expectTypeOf(send).parameter(0).toEqualTypeOf<SessionRef<never>>();
    expectTypeOf(send(newsSession, text('x'))).toEqualTypeOf<'sent' | 'queued' | 'congested' | 'dropped' | 'closed'>();
    send(anySession, [binary(new Uint8Array(1)), { type: 'close' }, received('text', new Uint8Array(0))]);
    expectTypeOf(prepare(text('x'))).toEqualTypeOf<PreparedFrame>();
    expectTypeOf(prepare(text('x'))).toExtend<OutboundFrame>();
    send(newsSession, prepare(text('x')));
    // @ts-expect-error a string is no frame
    send(newsSession, 'x');
    // @ts-expect-error the data of a text frame is a string
    send(newsSession, { type: 'text', data: new Uint8Array(1) });
    // @ts-expect-error the data of a binary frame is bytes
    send(newsSession, { type: 'binary', data: 'x' });
    // @ts-expect-error no such frame
    send(newsSession, { type: 'txt', data: 'x' });
  });

  it('of close have a numeric code and a textual reason', () => {
    close(newsSession);
    close(newsSession, 4000, 'bye');
    stop(newsSession, { any: 'reason' });
    // @ts-expect-error a code is a number
    close(newsSession, '4000');
    // @ts-expect-error a reason is a string
    close(newsSession, 4000, new Uint8Array(3));
  });
});

describe('send', () => {
  it('answers at once, or with a promise where it is to wait for the peer', () => {
    expectTypeOf(send(newsSession, text('x'), { slowConsumer: 'drop-newest' })).toEqualTypeOf<SendOutcome>();
    expectTypeOf(send(newsSession, text('x'), {})).toEqualTypeOf<SendOutcome>();
    expectTypeOf(send(newsSession, text('x'), { slowConsumer: undefined })).toEqualTypeOf<SendOutcome>();
    expectTypeOf(send(newsSession, text('x'), { slowConsumer: 'wait' })).toEqualTypeOf<Promise<SendOutcome>>();
    expectTypeOf(send(anySession, [text('x')], { slowConsumer: 'wait' })).resolves.toEqualTypeOf<SendOutcome>();
    // @ts-expect-error whether it waits is to be known
    send(newsSession, text('x'), { slowConsumer: anyPolicy });
    // @ts-expect-error no such policy
    send(newsSession, text('x'), { slowConsumer: 'drop' });
    // @ts-expect-error a promise is no outcome
    const outcome: SendOutcome = send(newsSession, text('x'), { slowConsumer: 'wait' });
    expectTypeOf(outcome).toBeString();
  });
});

describe('publish', () => {
  it('goes to sessions of any kind, but for one, and counts what became of the frame', () => {
    const everybody = [newsSession, stringSession, anySession];
    expectTypeOf(publish(everybody, text('x'))).toEqualTypeOf<PublishOutcome>();
    const counts = publish(new Set(everybody), prepare(text('x')), {
      except: stringSession,
      slowConsumer: 'drop-oldest',
    });
    expectTypeOf(counts.dropped).toEqualTypeOf<number>();
    expectTypeOf<keyof PublishOutcome>().toEqualTypeOf<SendOutcome>();
    // @ts-expect-error it waits for nobody
    publish(everybody, text('x'), { slowConsumer: 'wait' });
    // @ts-expect-error one frame
    publish(everybody, [text('x')]);
    // @ts-expect-error a string is no frame
    publish(everybody, 'x');
  });
});
