import { type Authorize, type ListenOptions, listen, type Server, type SessionRequest } from 'genws';
import { expect } from 'vitest';
import type { Knock, versions } from './knock.ts';
import { Ledger } from './ledger.ts';
import { recordReports } from './recording.ts';

type DoorSettings = Pick<
  ListenOptions<never, never, never>,
  'maxConnections' | 'maxConnectionsPerAddress' | 'timeout' | 'request'
>;

/** A server whose door is watched, and what a test holds of it. */
export interface Door {
  readonly server: Server<unknown>;
  readonly ledger: Ledger;
  /** The codes of the requests that were turned away, as they were reported. */
  readonly codes: () => unknown[];
  /** The levels of these reports. */
  readonly levels: () => string[];
  /** Come in as a friend and stay; one at a time. */
  readonly enter: () => Promise<Knock>;
}

/** Whether a request is one of those that are let in whatever happens to others. */
export const isFriend = ({ headers }: SessionRequest): boolean => headers.has('x-friend');

/**
 * Let something be done to a server on which a friend is: the friend's WebSocket lives on, another friend gets in, and in
 * the end no session is left, and `terminate` has run once for each.
 */
export async function withDoor(
  { knock, opened }: (typeof versions)[number],
  { authorize, ...settings }: DoorSettings & { readonly authorize?: Authorize<undefined> },
  scenario: (door: Door) => Promise<void>,
): Promise<void> {
  const ledger = new Ledger();
  const { logger, reports } = recordReports();
  const { handler } = ledger;
  const base = { http2: true, host: '127.0.0.1', ...settings, handler, logger };
  await using server = await listen({ ...base, ...(authorize === undefined ? {} : { authorize }) });
  const enter = async (): Promise<Knock> => {
    const visitor = await knock(server.port, { headers: { 'x-friend': 'yes' } });
    expect((await visitor.answer).status).toBe(opened);
    await ledger.sessions.next();
    return visitor;
  };
  const refusals = () => reports.filter(({ event }) => event === 'handshake.refused');
  using friend = await enter();
  await scenario({
    server,
    ledger,
    codes: () => refusals().map(({ fields }) => fields?.code),
    levels: () => refusals().map(({ level }) => level),
    enter,
  });
  expect(await friend.echo('still there?')).toBe('still there?');
  using last = await enter();
  expect(await last.echo('let me in')).toBe('let me in');
  last.leave();
  friend.leave();
  await server.sessions.empty();
  expect(server.sessions.count).toBe(0);
  await server.stop({ deadline: 0 });
  ledger.expectBalanced();
}
