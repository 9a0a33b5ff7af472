import {
  close,
  createRegistry,
  defineHandler,
  exit,
  listen,
  type Process,
  register,
  type SessionRef,
  tell,
  text,
  whereis,
} from 'genws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { startTestClient } from '../support/test-client.ts';

/** What a user has missed between two connections, until somebody comes for it or it expires. */
class Mailbox implements Process {
  readonly user: string;
  readonly missed: string[] = [];
  #over = false;
  readonly #observers = new Set<{ complete: () => void }>();

  constructor(user: string) {
    this.user = user;
  }

  getSnapshot() {
    return this.#over
      ? ({ status: 'done', output: undefined, error: undefined } as const)
      : ({ status: 'active', output: undefined, error: undefined } as const);
  }

  subscribe(observer: { complete: () => void }) {
    this.#observers.add(observer);
    return { unsubscribe: () => void this.#observers.delete(observer) };
  }

  stop(): void {
    this.#over = true;
    for (const observer of [...this.#observers]) observer.complete();
  }
}

/**
 * A server that gives each connection a token for the next one. Whoever comes back with it, as the user who got it, is
 * told what they missed. Of a token that is unknown or has expired the answer is `gap`; of another user's, `rejected`.
 */
async function serveResumable() {
  const mailboxes = createRegistry<string, Mailbox>({ keys: 'unique' });
  const online = new Map<string, SessionRef<string>>();
  let issued = 0;
  let latest = '';
  /** What waits under a token for this user. It is handed out once. */
  const claim = (token: string | undefined, user: string): string[] => {
    if (token === undefined) return ['welcome'];
    const mailbox = whereis(mailboxes, token);
    if (mailbox === undefined) return ['gap'];
    if (mailbox.user !== user) return ['rejected'];
    mailbox.stop();
    return ['resumed', ...mailbox.missed];
  };
  const server = await listen({
    host: '127.0.0.1',
    handler: defineHandler({
      init(request, _opts, self: SessionRef<string>) {
        const user = String(request.headers.joined('authorization'));
        const token = new URL(request.path, 'ws://x').searchParams.get('token') ?? undefined;
        const told = claim(token, user);
        if (told[0] === 'rejected') return ['reply', { type: 'close', code: 4403, reason: 'rejected' }, undefined];
        latest = `token-${++issued}`;
        const mailbox = new Mailbox(user);
        register(mailboxes, latest, mailbox);
        online.set(user, self);
        return ['reply', [...told, latest].map((line) => text(line)), { user, mailbox }];
      },
      handleIn: (_frame, state) => ['ok', state],
      handleInfo: (news: string, state) => ['reply', text(news), state],
      terminate(_exit, state, self) {
        if (state !== undefined && online.get(state.user) === self) online.delete(state.user);
      },
    }),
  });
  onTestFinished(() => server.stop({ deadline: 0 }));
  return {
    url: server.url,
    /** Tell a user, now or when they come back. */
    tellUser(user: string, token: string, news: string): void {
      const session = online.get(user);
      if (session !== undefined) tell(session, news);
      else whereis(mailboxes, token)?.missed.push(news);
    },
    /** Break a user's connection, as a network does. */
    async cut(user: string): Promise<void> {
      const session = online.get(user);
      if (session !== undefined) exit(session, { type: 'killed' });
    },
    expire: (token: string) => whereis(mailboxes, token)?.stop(),
  };
}

/** A user's client, which comes back with the token that it was given last, or with another one. */
function startUser(url: string, user: string, forged?: string) {
  const heard = new Inbox<string>();
  let token: string | undefined = forged;
  const test = startTestClient(url, {
    handler: defineHandler({
      init: () => ['ok', undefined],
      handleIn(frame, state) {
        if (frame.type !== 'text') return ['ok', state];
        if (frame.data.startsWith('token-')) token = forged ?? frame.data;
        heard.push(frame.data);
        return ['ok', state];
      },
    }),
    prepare: () => ({
      url: token === undefined ? url : `${url}/?token=${token}`,
      headers: { Authorization: user },
    }),
    retry: (failure) => failure.type !== 'remote' || failure.code !== 4403,
  });
  return { ...test, heard };
}

describe('a client that resumes with a token (I13)', () => {
  it('is told what it has missed, once, in order', async () => {
    const { url, tellUser, cut } = await serveResumable();
    const { heard, clock, fails } = startUser(url, 'ada');
    expect(await heard.take(2)).toEqual(['welcome', 'token-1']);
    await cut('ada');
    await fails();
    tellUser('ada', 'token-1', 'first');
    tellUser('ada', 'token-1', 'second');
    clock.advance(500);
    expect(await heard.take(4)).toEqual(['resumed', 'first', 'second', 'token-2']);
    await cut('ada');
    await fails();
    clock.advance(1000);
    expect(await heard.take(2)).toEqual(['resumed', 'token-3']);
  });

  it('hears of a gap when its token has expired', async () => {
    const { url, tellUser, cut, expire } = await serveResumable();
    const { heard, clock, fails } = startUser(url, 'ada');
    await heard.take(2);
    await cut('ada');
    await fails();
    tellUser('ada', 'token-1', 'too late');
    expire('token-1');
    clock.advance(500);
    expect(await heard.take(2)).toEqual(['gap', 'token-2']);
  });

  it('hears of a gap when its token is unknown, and of nobody else', async () => {
    const { url } = await serveResumable();
    for (const forged of ['nonsense', '__proto__', 'constructor', ''])
      expect((await startUser(url, 'eve', forged).heard.take(2))[0]).toBe('gap');
  });

  it("is rejected with another user's token, is told nothing of theirs, and leaves it to them", async () => {
    const { url, tellUser, cut } = await serveResumable();
    const ada = startUser(url, 'ada');
    await ada.heard.take(2);
    await cut('ada');
    await ada.fails();
    tellUser('ada', 'token-1', 'private');

    const eve = startUser(url, 'eve', 'token-1');
    expect(await eve.client.exited()).toEqual({ type: 'remote', code: 4403, reason: 'rejected' });
    expect(eve.heard.length).toBe(0);

    ada.clock.advance(500);
    expect(await ada.heard.take(3)).toEqual(['resumed', 'private', 'token-2']);
    close(ada.client);
  });
});
