import type { IncomingMessage } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { setImmediate } from 'node:timers/promises';
import { type Authorize, admit, deny, listen } from 'genws';
import { acceptHttp2 } from 'genws/transports/http2';
import { describe, expect, it } from 'vitest';
import { isFriend, withDoor } from '../support/door.ts';
import { startHttp } from '../support/http-server.ts';
import { startOwnHttp2Server } from '../support/http2/own-server.ts';
import { Inbox } from '../support/inbox.ts';
import { versions } from '../support/knock.ts';
import { Ledger } from '../support/ledger.ts';
import { quiet } from '../support/memory-session.ts';
import { openRaw } from '../support/raw-client.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

/** The status of a plain request, whose path is sent as it is. */
async function statusOfPage(port: number, path: string): Promise<number> {
  using connection = await openRaw({ port });
  await connection.write(`GET ${path} HTTP/1.1\r\nHost: server.example\r\nConnection: close\r\n\r\n`);
  return Number((await connection.head()).startLine.split(' ')[1]);
}

describe.each(versions)('authorize over $version', (version) => {
  const { knock } = version;

  it.each<{ what: string; authorize: () => undefined | Promise<undefined> }>([
    {
      what: 'throws',
      authorize() {
        throw new Error('the database is on fire');
      },
    },
    { what: 'rejects', authorize: () => Promise.reject(new Error('the database is on fire')) },
    {
      what: 'rejects later',
      async authorize() {
        await setImmediate();
        throw new Error('the database is on fire');
      },
    },
    { what: 'rejects with no error at all', authorize: () => Promise.reject(undefined) },
  ])('A20: authorize that $what is answered 500, and reported as our fault', async ({ authorize }) => {
    await withDoor(
      version,
      { authorize: (request) => (isFriend(request) ? undefined : authorize()) },
      async ({ server, ledger, codes, levels }) => {
        const sessions = ledger.count;
        using visitor = await knock(server.port);
        const { status, body } = await visitor.answer;
        expect(status).toBe(500);
        expect(body).not.toContain('fire');
        expect(codes()).toEqual(['authorizeFailed']);
        expect(levels()).toEqual(['error']);
        expect(ledger.count).toBe(sessions);
      },
    );
  });

  it('A20: authorize that never settles is answered 503 at the deadline, and is told so', async () => {
    const signals = new Inbox<AbortSignal>();
    const authorize: Authorize<undefined> = (request, signal) => {
      if (isFriend(request)) return undefined;
      signals.push(signal);
      return new Promise<never>(() => {});
    };
    await withDoor(version, { authorize, timeout: 200 }, async ({ server, ledger, codes }) => {
      const sessions = ledger.count;
      using visitor = await knock(server.port);
      const { status, headers } = await visitor.answer;
      expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
      expect((await signals.next()).aborted).toBe(true);
      expect(codes()).toEqual(['authorizeTimeout']);
      expect(ledger.count).toBe(sessions);
    });
  });

  it.each([
    { what: 'lets the client in', verdict: () => undefined },
    { what: 'denies', verdict: () => deny(401) },
    {
      what: 'throws',
      verdict() {
        throw new Error('too late');
      },
    },
  ])('A20: authorize that $what when the client has gone long since changes nothing', async ({ verdict }) => {
    const asked = new Inbox<AbortSignal>();
    const gate = Promise.withResolvers<void>();
    const authorize: Authorize<undefined> = async (request, signal) => {
      if (isFriend(request)) return undefined;
      asked.push(signal);
      await gate.promise;
      return verdict();
    };
    await withDoor(version, { authorize, maxConnections: 2 }, async ({ server, ledger, codes }) => {
      const sessions = ledger.count;
      using visitor = await knock(server.port);
      visitor.answer.catch(() => {});
      const signal = await asked.next();
      visitor.leave();
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      gate.resolve();
      await quiet();
      expect(ledger.count).toBe(sessions);
      expect(codes()).toEqual([]);
    });
  });

  it('A20: authorize that settles after the deadline changes nothing', async () => {
    const late = Promise.withResolvers<void>();
    const authorize: Authorize<undefined> = async (request) => {
      if (!isFriend(request)) await late.promise;
      return undefined;
    };
    await withDoor(version, { authorize, timeout: 200 }, async ({ server, ledger, codes }) => {
      const sessions = ledger.count;
      using visitor = await knock(server.port);
      expect((await visitor.answer).status).toBe(503);
      late.resolve();
      await quiet();
      expect(ledger.count).toBe(sessions);
      expect(codes()).toEqual(['authorizeTimeout']);
    });
  });

  it('A19: authorize whose answer would be split, or names what was not offered, is answered 500, and nothing is split', async () => {
    const verdicts = [
      () => admit(undefined, { headers: [['X-Note', 'a\r\nSet-Cookie: admin=1']] }),
      () => admit(undefined, { headers: [['X-Note: a\r\nSet-Cookie', 'admin=1']] }),
      () => admit(undefined, { subprotocol: 'not-offered' }),
      () => deny(401, { headers: [['X-Note', 'a\r\nSet-Cookie: admin=1']] }),
      () => deny(401, { headers: [['X-Note', 'a\0']] }),
    ];
    const next = new Inbox<() => ReturnType<(typeof verdicts)[number]>>();
    const authorize: Authorize<undefined> = async (request) => {
      if (isFriend(request)) return undefined;
      const verdict = await next.next();
      return verdict();
    };
    await withDoor(version, { authorize }, async ({ server, codes, ledger }) => {
      const sessions = ledger.count;
      for (const verdict of verdicts) {
        next.push(verdict);
        using visitor = await knock(server.port);
        const { status, headers } = await visitor.answer;
        expect([status, headers.has('set-cookie')]).toEqual([500, false]);
      }
      expect(codes()).toEqual(verdicts.map(() => 'authorizeFailed'));
      expect(ledger.count).toBe(sessions);
    });
  });

  it('a client that is denied gets the status, the headers and the body that were chosen (RFC 9110 §15.5.2)', async () => {
    const authorize: Authorize<undefined> = (request) =>
      isFriend(request)
        ? undefined
        : deny(401, { headers: [['WWW-Authenticate', 'Bearer realm="chat"']], body: 'who are you?' });
    await withDoor(version, { authorize }, async ({ server, codes, levels }) => {
      using visitor = await knock(server.port);
      const { status, headers, body } = await visitor.answer;
      expect([status, headers.get('www-authenticate'), body]).toEqual([401, 'Bearer realm="chat"', 'who are you?']);
      expect(codes()).toEqual(['denied']);
      expect(levels()).toEqual(['info']);
    });
  });

  it('A21: a path that plain requests may not have is decided on by the same authorisation, however it is written', async () => {
    const isForbidden = (path: string): boolean => new URL(path, 'http://server.example').pathname.startsWith('/admin');
    const seen: string[] = [];
    const authorize: Authorize<undefined> = ({ path }) => {
      seen.push(path);
      return isForbidden(path) ? deny(403) : undefined;
    };
    const request = (
      { url = '/' }: IncomingMessage,
      response: { writeHead(status: number): { end(): void } },
    ): void => {
      response.writeHead(isForbidden(url) ? 403 : 200).end();
    };
    await withDoor(version, { authorize, request }, async ({ server, ledger }) => {
      const sessions = ledger.count;
      const paths = ['/admin', '/admin?x=1', '/x/../admin', '/./admin', '/admin/', '/%2e/admin'];
      for (const path of paths) {
        expect([path, await statusOfPage(server.port, path)]).toEqual([path, 403]);
        using visitor = await knock(server.port, { path });
        expect([path, (await visitor.answer).status]).toEqual([path, 403]);
      }
      expect(seen).toEqual(['/', ...paths]);
      expect(ledger.count).toBe(sessions);
    });
  });
});

describe('two who share a server', () => {
  it('A22: over HTTP/1.1, an upgrade to a path of somebody else is not touched', async () => {
    await using own = await startHttp();
    const { handler, requests } = new Ledger();
    await using server = await listen({ server: own.http, path: '/chat', handler });
    own.http.on('upgrade', ({ url }, socket) => {
      if (url === '/other') socket.end('HTTP/1.1 418 Somebody Else\r\nContent-Length: 0\r\n\r\n');
    });
    const [{ knock, opened }] = versions;
    using elsewhere = await knock(server.port, { path: '/other' });
    expect((await elsewhere.answer).status).toBe(418);
    expect(requests.length).toBe(0);
    using here = await knock(server.port, { path: '/chat' });
    expect((await here.answer).status).toBe(opened);
  });

  it('A22: over HTTP/2, a stream for a path of somebody else is not touched', async () => {
    await using own = await startOwnHttp2Server(false, { settings: { enableConnectProtocol: true } });
    const { handler, requests } = new Ledger();
    const listeners: number[] = [];
    own.http2.on(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: readonly string[]) => {
        if (headers[':path'] === '/chat') acceptHttp2(stream, raw, { handler });
      },
    );
    own.http2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      if (headers[':path'] === '/chat') return;
      listeners.push(stream.listenerCount('data') + stream.listenerCount('error'));
      stream.respond({ ':status': 418 }, { endStream: true });
    });
    const [, { knock, opened }] = versions;
    using elsewhere = await knock(own.port, { path: '/other' });
    expect((await elsewhere.answer).status).toBe(418);
    expect([requests.length, listeners]).toEqual([0, [0]]);
    using here = await knock(own.port, { path: '/chat' });
    expect((await here.answer).status).toBe(opened);
    expect(await here.echo('here')).toBe('here');
  });

  it('A22: a server that has one path answers all others 404, over HTTP/2 too', async () => {
    const { handler, requests } = new Ledger();
    await using server = await listen({ http2: true, host: '127.0.0.1', path: '/chat', handler, logger: () => {} });
    for (const { knock, opened } of versions) {
      using elsewhere = await knock(server.port, { path: '/other' });
      expect((await elsewhere.answer).status).toBe(404);
      expect(requests.length).toBe(0);
      using here = await knock(server.port, { path: '/chat?room=1' });
      expect((await here.answer).status).toBe(opened);
      expect((await requests.next()).path).toBe('/chat?room=1');
    }
  });
});
