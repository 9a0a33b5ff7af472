import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { request as askSecurely } from 'node:https';
import { inspect } from 'node:util';
import { type InspectorServerOptions, startInspector } from '@genws/inspector';
import { reportChannel } from 'genws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { guests, type Question } from '../support/guest.ts';
import { startInspected } from '../support/inspected.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const token = 'xyzzy-plugh-1234';
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** The subprotocol of the page. */
const spoken = { 'sec-websocket-protocol': 'genws.inspector' };

/** Everything that could be asked of an inspector. */
const everything: readonly Question[] = [
  { path: '/inspector' },
  { path: '/inspector/' },
  { path: '/inspector/index.html' },
  { path: '/inspector/login.js' },
  { path: '/inspector/token', method: 'POST', headers: form, body: `token=${token}` },
  { path: '/inspector/live', webSocket: true, headers: spoken },
  { path: '/inspector/stately', webSocket: true },
  { path: '/inspector/live' },
];

const logged = vi.spyOn(console, 'error').mockImplementation(() => {});

afterEach(() => {
  logged.mockClear();
});

describe.each(guests)('an inspector over $version', ({ ask }) => {
  /** What is answered to each question, asked in the same way. */
  async function answersTo(way: Omit<Question, 'path'>, options: { readonly token?: string } = {}) {
    await using inspected = await startInspected({ http2: true }, options);
    const answers = [];
    for (const question of everything) {
      const headers = { ...question.headers, ...way.headers };
      answers.push(await ask(inspected.server.port, { ...question, ...way, headers }));
    }
    return answers;
  }

  it('is there for who sits at this machine', async () => {
    const answers = await answersTo({});
    expect(answers.map(({ status }) => status)).toEqual([303, 200, 200, 404, 401, ...opened(ask), 404]);
    expect(answers[1]?.headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'"),
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin', // else the form of the login would come from the origin `null`
    });
    expect(answers[1]?.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1', 'http://localhost'])(
    'J09: answers 403 to a foreign Origin, for the page, the login and what is live, and serves nothing: %s',
    async (origin) => {
      for (const options of [{}, { token }]) {
        const answers = await answersTo({ headers: { origin } }, options);
        expect(answers.map(({ status, opened }) => [status, opened])).toEqual(everything.map(() => [403, false]));
        expect(new Set(answers.map(({ body }) => body))).toEqual(
          new Set(['The inspector is for this machine, and for its own page.\n', '']),
        );
        expect(answers.filter(({ headers }) => 'set-cookie' in headers)).toEqual([]);
      }
    },
  );

  it('J09: answers its own page, whose Origin is that of the server', async () => {
    await using inspected = await startInspected({ http2: true });
    const { port } = inspected.server;
    const origin = `http://127.0.0.1:${port}`;
    const { opened } = await ask(port, { path: '/inspector/live', webSocket: true, headers: { ...spoken, origin } });
    expect(opened).toBe(true);
  });

  it.each([
    'rebound.example',
    'rebound.example:80',
    'localhost.rebound.example',
    '127.0.0.1.rebound.example',
    '0.0.0.0',
  ])('J10: answers 403 by a name that is none of this machine, as after DNS rebinding: %s', async (host) => {
    for (const headers of [{}, { origin: `http://${host}` }]) {
      const answers = await answersTo({ host, headers });
      expect(answers.map(({ status, opened }) => [status, opened])).toEqual(everything.map(() => [403, false]));
    }
  });

  it.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])(
    'J10: answers 403 through a proxy, behind which anybody may be: %s',
    async (name) => {
      const answers = await answersTo({ headers: { [name]: '203.0.113.7' } });
      expect(answers.map(({ status }) => status)).toEqual(everything.map(() => 403));
    },
  );

  it('J11: answers 401 without the token, and serves nothing but the form that asks for it', async () => {
    for (const cookie of [undefined, 'genws-inspector=', `genws-inspector=${token}`, 'genws-inspector=AAAA']) {
      await using inspected = await startInspected({ http2: true }, { token });
      const served: string[] = [];
      for (const path of ['/inspector/', '/inspector/index.html', '/inspector/favicon.ico', '/inspector/live']) {
        const { status, body } = await ask(inspected.server.port, {
          path,
          headers: cookie === undefined ? {} : { cookie },
        });
        expect(status).toBe(401);
        served.push(body);
      }
      expect(new Set(served).size).toBe(1);
      expect(served[0]).toContain('<form method="post" action="token">');
      const script = await ask(inspected.server.port, { path: '/inspector/login.js' });
      expect([script.status, script.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
      for (const path of ['/inspector/live', '/inspector/stately']) {
        const headers = cookie === undefined ? spoken : { ...spoken, cookie };
        const live = await ask(inspected.server.port, { path, webSocket: true, headers });
        expect([live.status, live.opened, live.body]).toEqual([401, false, '']);
      }
    }
  });

  it('J11: opens with the cookie that the right token gets: HttpOnly, SameSite=Strict, for its own path', async () => {
    await using inspected = await startInspected({ http2: true }, { token });
    const { port } = inspected.server;
    const login = { path: '/inspector/token', method: 'POST', headers: form };
    for (const body of [
      '',
      'token=',
      'token=wrong',
      `token=${token}x`,
      `other=${token}`,
      `token=wrong&token=${token}`,
    ]) {
      const { status, headers } = await ask(port, { ...login, body });
      expect([status, headers['set-cookie']]).toEqual([401, undefined]);
    }
    const origin = `http://127.0.0.1:${port}`; // as browsers send it with a form
    const { status, headers } = await ask(port, { ...login, headers: { ...form, origin }, body: `token=${token}` });
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect([status, headers.location]).toEqual([303, '/inspector/']);
    expect(cookie).toMatch(/^genws-inspector=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/inspector$/);
    expect(cookie).not.toContain(token);
    const shown = { ...spoken, cookie: `theme=dark; ${cookie.split(';')[0]}` };
    expect((await ask(port, { path: '/inspector/', headers: shown })).status).toBe(200);
    expect((await ask(port, { path: '/inspector/live', webSocket: true, headers: shown })).opened).toBe(true);
    const { cookie: own } = shown;
    expect((await ask(port, { path: '/inspector/stately', webSocket: true, headers: { cookie: own } })).opened).toBe(
      true,
    );
  });

  it('J11: takes no token from an address', async () => {
    await using inspected = await startInspected({ http2: true }, { token });
    for (const query of [`?token=${token}`, `?genws-inspector=${token}`, `/token?token=${token}`]) {
      const { status } = await ask(inspected.server.port, { path: `/inspector/${query}`.replace('//', '/') });
      expect(status).toBe(401);
    }
  });

  it('J11: takes no form that is longer than a token', async () => {
    await using inspected = await startInspected({ http2: true }, { token });
    const body = `${'x'.repeat(100_000)}&token=${token}`;
    const login = ask(inspected.server.port, { path: '/inspector/token', method: 'POST', headers: form, body });
    const outcome = await login.then(
      ({ status }) => status,
      () => 'refused',
    );
    expect([401, 'refused']).toContain(outcome);
    expect((await ask(inspected.server.port, { path: '/inspector/' })).status).toBe(401);
  });

  it('J11: writes the token nowhere: into no answer, no log and no report', async () => {
    const written: unknown[] = [];
    const note = (report: unknown): unknown => written.push(report);
    subscribe(reportChannel, note);
    const answers = await answersTo({}, { token });
    answers.push(...(await answersTo({ headers: { cookie: `genws-inspector=${token}` } }, { token })));
    unsubscribe(reportChannel, note);
    expect(written.length).toBeGreaterThan(0);
    expect(inspect([answers, written, logged.mock.calls], { depth: 10 })).not.toContain(token);
  });
});

/** The statuses of the two WebSockets that are opened. */
const opened = (ask: (typeof guests)[number]['ask']): number[] => (ask === guests[0].ask ? [101, 101] : [200, 200]);

describe('an inspector over TLS', () => {
  it('J11: gives a cookie that is sent over TLS alone', async () => {
    await using inspected = await startInspected({ secure: true }, { token });
    const { port } = inspected.server;
    const request = askSecurely({
      port,
      host: '127.0.0.1',
      path: '/inspector/token',
      method: 'POST',
      rejectUnauthorized: false,
    });
    request.end(`token=${token}`);
    const { statusCode, headers } = await new Promise<IncomingMessage>((resolve) => request.once('response', resolve));
    request.destroy();
    expect([statusCode, headers['set-cookie']?.[0]]).toEqual([
      303,
      expect.stringMatching(/; Path=\/inspector; Secure$/),
    ]);
  });
});

describe('an inspector on a port of its own', () => {
  const servers = {};
  const start = (options: Partial<InspectorServerOptions>) => startInspector({ servers, logger: () => {}, ...options });

  /** A port that nobody listens on. */
  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  const { ask } = guests[0];

  it.each(['0.0.0.0', '::', '192.168.1.2', 'example.com', ''])(
    'J12: refuses to start where others can reach it, without a token, and nothing listens then: %j',
    async (host) => {
      const port = await freePort();
      await expect(start({ host, port })).rejects.toThrow(
        new TypeError(`others can reach ${host}: an inspector there needs a token`),
      );
      await expect(ask(port, { path: '/' })).rejects.toThrow('ECONNREFUSED');
    },
  );

  it('J12: starts there with a token, and asks for it', async () => {
    await using inspector = await start({ host: '0.0.0.0', token });
    const { port, hostname } = new URL(inspector.url);
    expect(hostname).toBe('localhost');
    expect((await ask(Number(port), { path: '/inspector/' })).status).toBe(401);
    expect((await ask(Number(port), { path: '/inspector/', host: 'anywhere.example' })).status).toBe(401);
  });

  it('J12: refuses to start with a token that is empty, wherever it is', async () => {
    const port = await freePort();
    for (const host of ['127.0.0.1', '0.0.0.0'])
      await expect(start({ host, port, token: '' })).rejects.toThrow(new TypeError('an empty token guards nothing'));
    await expect(ask(port, { path: '/' })).rejects.toThrow('ECONNREFUSED');
  });

  it('is for this machine alone unless told otherwise, and leads to its page', async () => {
    await using inspector = await start({});
    const { port, hostname, pathname } = new URL(inspector.url);
    expect([hostname, pathname]).toEqual(['127.0.0.1', '/inspector']);
    const { status, headers } = await ask(Number(port), { path: '/' });
    expect([status, headers.location]).toEqual([303, '/inspector/']);
    expect((await ask(Number(port), { path: '/inspector/' })).status).toBe(200);
    expect((await ask(Number(port), { path: '/inspector/', host: 'rebound.example' })).status).toBe(403);
    expect((await ask(Number(port), { path: '/inspector/live', webSocket: true, headers: spoken })).opened).toBe(true);
    await inspector.stop();
    await expect(ask(Number(port), { path: '/' })).rejects.toThrow('ECONNREFUSED');
  });

  it('rejects with the error of the system when the port cannot be had, and leaves nothing behind', async () => {
    await using other = await start({});
    const port = Number(new URL(other.url).port);
    await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect((await ask(port, { path: '/inspector/' })).status).toBe(200);
  });
});
