import { mountInspector, type Redact } from '@genws/inspector';
import {
  close,
  connect,
  defineHandler,
  deliver,
  listen,
  type Session,
  send,
  shutdownReason,
  startChild,
  startSupervisor,
  text,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { eventually } from '../support/inspected.ts';
import { LivePage } from '../support/live-page.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const secret = 'hunter2';
const logger = (): void => {};

/** An error that tells more than it should, in all its parts. */
class Leak extends Error {
  readonly password = secret;

  constructor() {
    super(`the password is ${secret}`, { cause: new Error(secret) });
  }
}

/** Holds a secret in its state, and does with messages whatever could give it away. */
const leaking = defineHandler<{ password: string }, string>({
  name: 'leaking',
  init: () => ['ok', { password: secret }],
  handleIn: (frame, state) =>
    frame.type === 'text' ? ['reply', text(`${frame.data} ${secret}`), state] : ['ok', state],
  handleInfo(message, state) {
    if (message.startsWith('fail')) throw new Leak();
    if (message.startsWith('stop')) return ['stop', { password: secret }, state];
    return ['reply', shutdownReason({ password: secret }), state];
  },
});

const taking = defineHandler<undefined, string>({
  init: () => ['ok', undefined],
  handleIn: () => ['ok', undefined],
  handleInfo: (words) => ['reply', text(words), undefined],
});

/** Takes down what a feed of the inspector says. */
async function eavesdrop(url: string): Promise<{ readonly heard: string[]; readonly session: Session<never> }> {
  const heard: string[] = [];
  const handler = defineHandler({
    init: () => ['ok', undefined],
    handleIn(frame) {
      if (frame.type === 'text') heard.push(frame.data);
      return ['ok', undefined];
    },
  });
  return { heard, session: await connect(url, { handler, logger, limits: { maxMessage: 2 ** 24 } }) };
}

/** Ways for a session to end. */
const endings: readonly ((session: Session<string>, client: Session<string>) => void)[] = [
  (session) => session.send({ type: 'info', message: `fail ${secret}` }),
  (session) => session.send({ type: 'info', message: `stop ${secret}` }),
  (_session, client) => close(client, 4000, secret),
  (session) => session.send({ type: 'stop', reason: { password: secret } }),
];

/** A page that takes all that comes, and can tell whether something has. */
async function openPage(url: string) {
  const page = await LivePage.open(url);
  page.watch('sessions', 'tree', 'groups', 'runtime');
  void page.until(() => undefined);
  const seen = (word: string) => eventually(() => page.heard.some((message) => message.includes(word)));
  return { page, seen };
}

/** Let everything happen that could give the secret away, and gather all that leaves the process meanwhile. */
async function provoke(redact?: Redact): Promise<{ readonly page: string[]; readonly stately: string[] }> {
  const supervisor = await startSupervisor({ id: 'app', logger });
  await using server = await listen({ host: '127.0.0.1', handler: leaking, logger });
  await using inspector = await mountInspector(server, {
    servers: { main: server },
    supervisors: [supervisor],
    ...(redact === undefined ? {} : { redact }),
  });
  const all: { page: string[]; stately: string[] } = { page: [], stately: [] };
  const stories: Promise<void>[] = [];
  for (const end of endings) {
    const address = new URL(`/room?ticket=${secret}`, server.url);
    const client = await connect(address, { handler: taking, logger, headers: [['Cookie', `sid=${secret}`]] });
    const session = [...server.sessions.children()].at(-1);
    if (session === undefined) throw new Error('the server has no session');
    const tell = async (): Promise<void> => {
      const feed = await eavesdrop(`${inspector.url.replace('http', 'ws')}/stately?session=${session.id}`);
      const { page, seen } = await openPage(inspector.url);
      page.attach(session.id);
      await seen('"state":{');
      client.send({ type: 'info', message: secret });
      session.send({ type: 'info', message: `remember ${secret}` });
      send(session, text(secret));
      await seen('"name":"info"');
      end(session, client);
      await seen('"exit":{');
      await eventually(() => feed.heard.at(-1)?.includes('"status":"done"') === true);
      await seen('"session.crashed"');
      await seen('"supervisor.childCrashed"');
      await seen('"app.failed"');
      all.page.push(...page.heard);
      all.stately.push(...feed.heard);
      page.vanish();
      feed.session.stop();
    };
    stories.push(tell());
  }
  await startChild(supervisor, { id: 'vault', restart: 'temporary', start: startVault });
  deliver(logger, { level: 'error', event: 'app.failed', text: `no access with ${secret}`, error: new Leak() });
  await Promise.all(stories);
  supervisor.stop();
  return all;
}

/** A process that soon fails. */
function startVault() {
  const actor = createActor(fromPromise(() => Promise.reject(new Leak())));
  actor.subscribe({ error: () => {} });
  return actor.start();
}

describe('what leaves the process', () => {
  it('J14: holds by default no payload, message, handler state, error, reason or query', async () => {
    const { page, stately } = await provoke();
    expect([page.length > 8, stately.length > 30]).toEqual([true, true]);
    expect([...page, ...stately].filter((message) => message.includes(secret))).toEqual([]);
    const all = page.join();
    for (const seen of [
      'session.crashed',
      'supervisor.childCrashed',
      'text of 7 characters',
      '/room?…',
      'callback=handleInfo',
    ])
      expect(all).toContain(seen);
  });

  it('J14: holds exactly what a hook lets through', async () => {
    const places = new Set<string>();
    const { page, stately } = await provoke((value, place) => {
      places.add(place);
      return place === 'payload' ? value : `a ${place}`;
    });
    expect([...places].sort()).toEqual(['error', 'exit', 'message', 'payload', 'query', 'state']);
    expect(stately.filter((message) => message.includes(secret))).toEqual([]);
    const told = [...page, ...stately].join().split(secret).length - 1;
    const previews =
      page.join().match(/"name":"text","size":\d+,"value":\{"type":"text","value":"(?:hunter2 )?hunter2"/g) ?? [];
    expect(previews.length).toBeGreaterThanOrEqual(8);
    expect(previews.join().split(secret).length - 1).toBe(told);
    for (const place of ['a message', 'a state', 'an error', 'an exit', 'a query'])
      expect(page.join()).toContain(place.replace('an ', 'a '));
  });

  it('J14: holds nothing where a hook throws', async () => {
    const { page, stately } = await provoke((value) => {
      throw new Error(String(value));
    });
    expect([...page, ...stately].filter((message) => message.includes(secret))).toEqual([]);
    expect(page.join()).toContain('could not be shown');
  });
});
