import { type Recipient, tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { defineHandler, type Session, type SessionRef, send } from '@genws/session';
import { describe, expectTypeOf, it } from 'vitest';
import { type Client, startClient } from './client.ts';
import { queue } from './offline-queue.ts';

interface News {
  readonly headline: string;
}

const reader = defineHandler({
  init: () => ['ok', 0],
  handleIn: (_frame, count) => ['ok', count + 1],
  handleInfo: (news: News, count) => ['reply', text(news.headline), count],
});
const greedy = defineHandler({
  init: (_request, opts: { readonly room: string }) => ['ok', opts.room],
  handleIn: (_frame, room) => ['ok', room],
});
const url = 'ws://localhost';

describe('a client', () => {
  it('takes the messages that its handler takes, and no others', () => {
    const client = (): Client<News> => startClient(url, { handler: reader });
    expectTypeOf(client).returns.toExtend<SessionRef<News>>();
    expectTypeOf(client).returns.toExtend<Recipient<News>>();
    () => tell(client(), { headline: 'x' });
    // @ts-expect-error no such message
    () => tell(client(), { title: 'x' });
    () => send(client(), text('x'));
    expectTypeOf<Client<News>['session']>().toEqualTypeOf<Session<News> | undefined>();
  });

  it('wants handlerOpts where the handler does', () => {
    () => startClient(url, { handler: greedy, handlerOpts: { room: 'a' } });
    // @ts-expect-error the handler asks for a room
    () => startClient(url, { handler: greedy });
    // @ts-expect-error a room is a string
    () => startClient(url, { handler: greedy, handlerOpts: { room: 1 } });
  });

  it('has the options of connect, but not those that make sense only once', () => {
    () => startClient(url, { handler: reader, headers: { Authorization: 'x' }, idleTimeout: 5000, whileDown: queue() });
    // @ts-expect-error a transport is good for one connection: prepare may return one
    () => startClient(url, { handler: reader, transport: undefined });
    // @ts-expect-error a client is stopped with stop()
    () => startClient(url, { handler: reader, signal: new AbortController().signal });
  });

  it('prepares an attempt with options of connect, and nothing else', () => {
    () => startClient(url, { handler: reader, prepare: () => ({ url, headers: { Cookie: 'a=1' }, timeout: 5 }) });
    () => startClient(url, { handler: reader, prepare: async () => undefined });
    // @ts-expect-error the handler stays
    () => startClient(url, { handler: reader, prepare: () => ({ handler: reader }) });
  });

  it('tells its policy what has happened, by type', () => {
    () =>
      startClient(url, {
        handler: reader,
        retry: (failure, failures) => {
          expectTypeOf(failures).toEqualTypeOf<number>();
          return failure.type === 'connectFailed' ? failure.error.retriable : 100;
        },
      });
  });
});
