import { type ClientFailure, ConnectError, isWorthRetrying, type PreparedAttempt } from 'genws';
import { describe, expect, it } from 'vitest';
import { startRecordedClient } from '../support/test-client.ts';
import { Upstream } from '../support/upstream.ts';

/** A server that takes one token, and tells others that theirs has expired. */
const guarded = (valid: string): Promise<Upstream> =>
  Upstream.start(({ socket }, token) => {
    if (token !== `Bearer ${valid}`) socket.close(4401, 'token expired');
  });

describe('prepare, for a token that has to be new (I11)', () => {
  it('is asked before each attempt, and told which one it is and why the last one failed', async () => {
    await using upstream = await guarded('t2');
    const asked: [number, ClientFailure | undefined][] = [];
    const { client, clock, fails } = startRecordedClient(upstream.url, {
      headers: { Authorization: 'Bearer none', 'X-Old': '1' },
      prepare: async (attempt, lastFailure) => {
        asked.push([attempt, lastFailure]);
        return { headers: { Authorization: `Bearer t${attempt}` } };
      },
    });
    expect(await fails()).toEqual({ type: 'remote', code: 4401, reason: 'token expired' });
    clock.advance(500);
    expect(await client.connected()).toBe(true);
    expect(asked).toEqual([
      [1, undefined],
      [2, { type: 'remote', code: 4401, reason: 'token expired' }],
    ]);
    expect(upstream.tokens).toEqual(['Bearer t1', 'Bearer t2']);
  });

  it('may be plain, return nothing, or name another URL', async () => {
    await using near = await Upstream.start(({ socket }) => socket.close(1012));
    await using far = await Upstream.start();
    const { client, clock, fails } = startRecordedClient(near.url, {
      headers: { Authorization: 'kept' },
      prepare: (attempt): PreparedAttempt | undefined => (attempt === 1 ? undefined : { url: far.url }),
    });
    await fails();
    clock.advance(500);
    expect(await client.connected()).toBe(true);
    expect([near.tokens, far.tokens]).toEqual([['kept'], ['kept']]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no token');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no token'))],
  ])('that %s has failed the attempt: it is reported and asked again, nobody is dialled', async (_, failing) => {
    await using upstream = await Upstream.start();
    const { client, clock, fails, reports } = startRecordedClient(upstream.url, {
      prepare: (attempt) => (attempt < 3 ? failing() : undefined),
    });
    for (const delay of [500, 1000]) {
      expect(await fails()).toMatchObject({ type: 'prepareFailed', error: { message: 'no token' } });
      expect(upstream.accepted).toBe(0);
      clock.advance(delay);
    }
    expect(await client.connected()).toBe(true);
    expect(reports[0]).toMatchObject({ level: 'error', event: 'client.down', text: 'prepare failed: no token' });
  });

  it('that throws ends the client where the policy says so', async () => {
    const { client } = startRecordedClient('ws://127.0.0.1:1', {
      prepare: () => {
        throw new Error('logged out');
      },
      retry: (failure) => failure.type !== 'prepareFailed' && isWorthRetrying(failure),
    });
    expect(await client.exited()).toMatchObject({ type: 'transportError', cause: { message: 'logged out' } });
  });

  it('that knows that it is no use can say so with a ConnectError', async () => {
    const { client } = startRecordedClient('ws://127.0.0.1:1', {
      prepare: () => Promise.reject(new ConnectError({ code: 'unexpectedStatus', status: 401 })),
    });
    expect(await client.exited()).toMatchObject({ type: 'transportError', cause: { retriable: false } });
  });

  it.each([
    ['a URL that is none', { url: 'http//nowhere' }, { type: 'connectFailed', error: { code: 'invalidUrl' } }],
    [
      'headers that would split the request',
      { headers: { 'X-Token': 'a\r\nHost: evil' } },
      { type: 'connectFailed', error: { code: 'invalidHeader' } },
    ],
    ['options that cannot be', { compress: { level: 11 } }, { type: 'prepareFailed', error: { name: 'RangeError' } }],
  ])('that returns %s has failed the attempt, and nothing is sent (I06)', async (_, prepared, failure) => {
    await using upstream = await Upstream.start();
    const { fails } = startRecordedClient(upstream.url, { prepare: () => prepared, retry: () => true });
    expect(await fails()).toMatchObject(failure);
    expect(upstream.accepted).toBe(0);
  });

  it('is given up when it takes longer than the timeout, and what comes of it then is forgotten', async () => {
    await using upstream = await Upstream.start();
    const late = Promise.withResolvers<PreparedAttempt>();
    const signals: AbortSignal[] = [];
    const { client, clock, fails } = startRecordedClient(upstream.url, {
      timeout: 2000,
      prepare: (attempt, _failure, signal) => {
        signals.push(signal);
        return attempt === 1 ? late.promise : { headers: { Authorization: 'fresh' } };
      },
    });
    await new Promise(setImmediate);
    clock.advance(2000);
    expect(await fails()).toMatchObject({ type: 'prepareFailed' });
    expect(signals[0]?.aborted).toBe(true);
    late.resolve({ headers: { Authorization: 'stale' } });
    clock.advance(500);
    expect(await client.connected()).toBe(true);
    expect(upstream.tokens).toEqual(['fresh']);
  });
});

describe('a token', () => {
  it('never stands in a report', async () => {
    await using upstream = await guarded('other');
    const { clock, fails, reports } = startRecordedClient(`${upstream.url}/?key=geheim`, {
      prepare: () => ({ headers: { Authorization: 'Bearer geheim' } }),
    });
    await fails();
    await upstream.kill();
    clock.advance(500);
    await fails();
    expect(reports).toHaveLength(4);
    expect(JSON.stringify(reports)).not.toContain('geheim');
  });
});
