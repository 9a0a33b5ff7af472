import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { mountInspector } from '@genws/inspector';
import {
  connect,
  createGroup,
  createMemoryTransports,
  defineHandler,
  HeaderMap,
  join,
  listen,
  type Server,
  type Session,
  send,
  startSession,
  startSupervisor,
  text,
} from 'genws';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { launchChromium } from '../support/chromium.ts';

const artifacts = resolve(import.meta.dirname, '../../artifacts/inspector');
mkdirSync(artifacts, { recursive: true });

const quiet = (): void => {};
const room = createGroup<string>();

/** Echoes, counts, and crashes when it is told to. */
const echo = defineHandler({
  name: 'echo',
  init: (_request, _opts, self) => {
    join(room, self);
    return ['ok', { said: 0 }];
  },
  handleIn(frame, { said }) {
    if (frame.type !== 'text') return ['ok', { said }];
    if (frame.data === 'crash') throw new Error('told to crash');
    return ['reply', frame, { said: said + 1 }];
  },
  handleInfo: (_message: string, state) => ['ok', state],
});

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** A server with its inspector, and a page that looks at it. */
async function watch(
  options: Partial<Parameters<typeof mountInspector>[1]> = {},
): Promise<{ server: Server<string>; page: Page }> {
  const server = await listen({ host: '127.0.0.1', logger: quiet, handler: echo });
  await mountInspector(server, {
    servers: { echo: server },
    groups: { room },
    redact: (value) => value,
    logger: quiet,
    ...options,
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(`${server.url.replace('ws', 'http')}/inspector/`);
  onTestFinished(async () => {
    await page.close();
    await server.stop({ deadline: 0 });
    expect(faults).toEqual([]);
  });
  return { server, page };
}

const listener = defineHandler({ init: () => ['ok', null], handleIn: (_frame, state) => ['ok', state] });

const visit = (server: Server<string>, path = '/'): Promise<Session> =>
  connect(new URL(path, server.url), { handler: listener, logger: quiet });

/** The id that a server has given the session of a client. */
function idAt(server: Server<string>, path: string): string {
  for (const session of server.sessions.children()) if (session.request.path === path) return session.id;
  throw new Error(`nobody is at ${path}`);
}

const row = (page: Page, id: string) => page.locator(`[data-session="${id}"]`);

async function openSession(page: Page, id: string): Promise<void> {
  await row(page, id).click();
  await page.keyboard.press('Enter');
  await page.getByTestId('chart').waitFor();
}

describe('the page of the inspector', () => {
  it('lists sessions as they come, change and go', async () => {
    const { server, page } = await watch();
    const client = await visit(server, '/one?room=7');
    const id = idAt(server, '/one?room=7');
    await row(page, id).waitFor();
    await expect.poll(() => row(page, id).textContent()).toContain('open');
    expect(await row(page, id).textContent()).toContain('/one');
    for (let i = 0; i < 3; i++) send(client, text('hello'));
    await expect.poll(() => row(page, id).textContent()).toContain('33');
    client.stop();
    await expect.poll(() => row(page, id).count()).toBe(0);
  });

  it('lights up the state of a session as its statechart moves, and shows what passed', async () => {
    const { server, page } = await watch();
    const client = await visit(server, '/lit');
    await openSession(page, idAt(server, '/lit'));
    const lit = () =>
      page
        .locator('[data-testid="chart"] [data-state][data-active="true"]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-state')));
    await expect.poll(lit).toEqual(['open']);
    send(client, text('to be seen'));
    await expect.poll(() => page.getByTestId('log').textContent()).toContain('to be seen');
    await expect.poll(() => page.getByTestId('handler-state').textContent()).toContain('said');
    await page.screenshot({ path: `${artifacts}/session.png` });
    client.stop();
    await expect.poll(lit).toEqual(['closed']);
    await expect.poll(() => page.getByTestId('exit').textContent()).not.toBe('');
  });

  it('kills a session: its peer is told 1001', async () => {
    const { server, page } = await watch();
    const client = await visit(server, '/doomed');
    await openSession(page, idAt(server, '/doomed'));
    await page.getByTestId('kill').click();
    await page.getByTestId('kill-confirm').click();
    expect(await client.exited()).toMatchObject({ type: 'remote', code: 1001 });
  });

  it('closes a session with the code that is asked for, and suspends and resumes one', async () => {
    const { server, page } = await watch();
    const client = await visit(server, '/closed');
    await openSession(page, idAt(server, '/closed'));
    await page.getByTestId('suspend').click();
    await page.getByTestId('resume').click();
    await page.getByTestId('suspend').waitFor();
    await page.getByTestId('close').click();
    await page.getByTestId('close-code').fill('4000');
    await page.getByTestId('close-reason').fill('enough');
    await page.getByTestId('close-confirm').click();
    expect(await client.exited()).toEqual({ type: 'remote', code: 4000, reason: 'enough' });
  });

  it('shows a restart in the supervision tree, and the crash with its stack', async () => {
    const supervisor = await startSupervisor({
      id: 'root',
      logger: quiet,
      children: [{ id: 'worker', start: () => startInMemory('crash soon') }],
    });
    onTestFinished(async () => {
      supervisor.stop();
    });
    const { page } = await watch({ supervisors: [supervisor] });
    await page.getByTestId('tab-tree').click();
    await expect.poll(() => page.getByTestId('tree').textContent()).toContain('worker');
    expect(await page.getByTestId('restarts').count()).toBe(0);
    const peer = peerOf('crash soon');
    peer.send([Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('crash')])]);
    peer.close();
    await expect.poll(() => page.getByTestId('restarts').count()).toBe(1);
    await expect.poll(() => page.getByTestId('crashes').textContent()).toContain('told to crash');
    await page.screenshot({ path: `${artifacts}/tree.png` });
  });

  it('lists 10,000 sessions, a screenful of them at a time', async () => {
    const { server, page } = await watch();
    for (let i = 0; i < 10_000; i++) server.sessions.startChild(() => startInMemory(`/many/${i}`));
    await expect.poll(() => page.getByTestId('count').textContent(), { timeout: 20_000 }).toMatch(/10[,\s.]?000/);
    expect(await page.locator('[data-session]').count()).toBeLessThan(200);
    await page.keyboard.press('/');
    await page.keyboard.type('/many/7654');
    await expect.poll(() => page.locator('[data-session]').count()).toBe(1);
    await page.screenshot({ path: `${artifacts}/ten-thousand.png` });
  });

  it('has the filter ready when its key has been pressed: what is typed behind it is no shortcut, however busy the page is', async () => {
    const { page } = await watch();
    await expect.poll(() => page.locator('input[data-filter]').count()).toBe(1);
    const focused = await page.evaluate(`
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }));
      document.activeElement.matches('input[data-filter]');
    `);
    expect(focused).toBe(true);
  });

  it('shows what a peer sends as text, whatever it holds: no markup, no escape sequence, no other direction', async () => {
    const { server, page } = await watch();
    const client = await visit(server, `/${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
    const [session] = server.sessions.children();
    await openSession(page, session?.id ?? '');
    let alerts = 0;
    page.on('dialog', (dialog) => {
      alerts++;
      void dialog.dismiss();
    });
    send(client, text('<script>alert(1)</script><img src=x onerror="alert(1)">\u001b[31mred\u202Egnal\0'));
    await expect.poll(() => page.getByTestId('log').textContent()).toContain('<script>alert(1)</script>');
    const shown = await page.getByTestId('log').textContent();
    for (const hidden of ['\u001b', '\u202e', '\0']) expect(shown).not.toContain(hidden);
    expect(await page.locator('[data-testid="log"] img, [data-testid="log"] script').count()).toBe(0);
    expect(alerts).toBe(0);
  });

  it('is not served to who has no token, and asks for it; a token behind the # is taken', async () => {
    const server = await listen({ host: '127.0.0.1', logger: quiet, handler: echo });
    await mountInspector(server, { servers: { echo: server }, token: 'open sesame', logger: quiet });
    const page = await browser.newPage();
    onTestFinished(async () => {
      await page.close();
      await server.stop({ deadline: 0 });
    });
    const address = `${server.url.replace('ws', 'http')}/inspector/`;
    expect((await page.goto(address))?.status()).toBe(401);
    await page.locator('input[name="token"]').fill('wrong');
    await page.locator('button').click();
    expect(await page.locator('[data-testid="sessions"]').count()).toBe(0);
    await page.goto('about:blank');
    await page.goto(`${address}#token=open%20sesame`);
    await page.getByTestId('sessions').waitFor();
    expect(page.url()).not.toContain('sesame');
  });
});

const far = new Map<string, ReturnType<typeof createMemoryTransports>[1]>();

/** The other end of the latest session in memory at a path. */
function peerOf(path: string): ReturnType<typeof createMemoryTransports>[1] {
  const end = far.get(path);
  if (end === undefined) throw new Error(`nobody is at ${path}`);
  return end;
}

function startInMemory(path: string): Session<string> {
  const [near, other] = createMemoryTransports();
  far.set(path, other);
  const request = { method: 'GET', path, headers: new HeaderMap() };
  const session = startSession({
    role: 'server',
    transport: near,
    request,
    handler: echo,
    handlerOpts: undefined,
    logger: quiet,
  });
  session.send({ type: 'activate' });
  return session;
}
