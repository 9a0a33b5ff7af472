import { HeaderMap } from '@genws/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectError } from '../connecting/connect-error.ts';
import { type ClientFailure, describeFailure, exitWith, isWorthRetrying, retryAfter } from './retry-policy.ts';

const connectFailed = (error: ConnectError): ClientFailure => ({ type: 'connectFailed', error });
const passing = new ConnectError({ code: 'timeout', timeout: 5 });
const lasting = new ConnectError({ code: 'acceptMismatch' });

describe('the policy of a client that is not told otherwise', () => {
  it.each<[ClientFailure, boolean]>([
    [connectFailed(passing), true],
    [connectFailed(lasting), false],
    [{ type: 'prepareFailed', error: new TypeError('fetch failed') }, true],
    [{ type: 'prepareFailed', error: passing }, true],
    [{ type: 'prepareFailed', error: lasting }, false],
    [{ type: 'remote' }, true],
    [{ type: 'remote', code: 1000 }, true],
    [{ type: 'remote', code: 4401, reason: 'token expired' }, true],
    [{ type: 'timeout', timeout: 'idle' }, true],
    [{ type: 'crash', callback: 'handleIn', error: new Error('bug') }, true],
    [{ type: 'error', error: 'badFrame' }, true],
    [{ type: 'transportError', cause: new Error('reset') }, true],
    [{ type: 'killed' }, true],
    [{ type: 'normal' }, false],
    [{ type: 'stop', reason: 'done' }, false],
    [{ type: 'shutdown', reason: 'deploy' }, false],
  ])('after %o: %s', (failure, again) => {
    expect(isWorthRetrying(failure)).toBe(again);
  });
});

describe('Retry-After (RFC 9110 §10.2.3)', () => {
  const after = (headers: Record<string, string>): number => {
    const response = { status: 503, headers: new HeaderMap(headers), body: new Uint8Array() };
    return retryAfter(connectFailed(new ConnectError({ code: 'unexpectedStatus', status: 503 }, { response })));
  };
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is a number of seconds', () => {
    expect([after({ 'Retry-After': '120' }), after({ 'Retry-After': ' 0 ' })]).toEqual([120_000, 0]);
  });

  it("is a date, by the server's clock where that is known", () => {
    const date = 'Wed, 21 Oct 2026 07:28:30 GMT';
    expect(after({ 'Retry-After': date, Date: 'Wed, 21 Oct 2026 07:28:00 GMT' })).toBe(30_000);
    vi.useFakeTimers({ now: Date.UTC(2026, 9, 21, 7, 28, 20) });
    expect(after({ 'Retry-After': date })).toBe(10_000);
    vi.setSystemTime(Date.UTC(2026, 9, 21, 8));
    expect(after({ 'Retry-After': date })).toBe(0);
  });

  it.each(['', '-5', '1e9', 'soon', '5, 6', '5.5'])('is nothing when it is %j', (value) => {
    vi.useFakeTimers({ now: Date.UTC(2100, 0) });
    expect(after({ 'Retry-After': value })).toBe(0);
  });

  it('is nothing without a response', () => {
    expect([retryAfter({ type: 'killed' }), retryAfter(connectFailed(passing)), after({})]).toEqual([0, 0, 0]);
  });
});

describe('a failure', () => {
  it('ends a client with the reason of its session, or with the error as the cause', () => {
    const exit = { type: 'remote', code: 1008, reason: '' } as const;
    expect(exitWith(exit)).toBe(exit);
    expect(exitWith(connectFailed(lasting))).toEqual({ type: 'transportError', cause: lasting });
    expect(exitWith({ type: 'prepareFailed', error: { odd: 1 } })).toMatchObject({ cause: { message: '{ odd: 1 }' } });
  });

  it.each<[ClientFailure, string]>([
    [connectFailed(passing), 'no WebSocket after 5 ms'],
    [{ type: 'prepareFailed', error: new Error('no token') }, 'prepare failed: no token'],
    [{ type: 'prepareFailed', error: Object.create(null) }, 'prepare failed: [Object: null prototype] {}'],
    [{ type: 'remote' }, 'the peer closed with no code'],
    [{ type: 'remote', code: 4000, reason: 'secret' }, 'the peer closed with 4000'],
    [{ type: 'transportError', cause: new Error('reset') }, 'the connection broke: reset'],
    [{ type: 'error', error: 'closed' }, 'the connection failed: closed'],
    [{ type: 'timeout', timeout: 'heartbeat' }, 'the connection ended with a timeout: heartbeat'],
    [{ type: 'killed' }, 'the connection ended: killed'],
  ])('is described for people: %o', (failure, words) => {
    expect(describeFailure(failure)).toBe(words);
  });
});
