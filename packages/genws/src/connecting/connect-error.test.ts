import { describe, expect, it } from 'vitest';
import { ConnectError, type ConnectFailure } from './connect-error.ts';

const withStatus = (status: number): boolean => new ConnectError({ code: 'unexpectedStatus', status }).retriable;
const withCause = (cause: unknown): boolean => new ConnectError({ code: 'connectionFailed' }, { cause }).retriable;
const withCode = (code: string): Error => Object.assign(new Error(code), { code });

describe('ConnectError.retriable (I08)', () => {
  it('is true for statuses that pass: 408, 425, 429, 5xx but 501 and 505', () => {
    for (const status of [408, 425, 429, 500, 502, 503, 504, 520, 599])
      expect([status, withStatus(status)]).toEqual([status, true]);
  });

  it('is false for all others', () => {
    for (const status of [200, 204, 301, 302, 307, 400, 401, 403, 404, 410, 426, 451, 501, 505])
      expect([status, withStatus(status)]).toEqual([status, false]);
  });

  it.each([
    'EAI_AGAIN',
    'ENOTFOUND',
    'ECONNREFUSED',
    'ECONNRESET',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ETIMEDOUT',
    'EPIPE',
    'EADDRNOTAVAIL',
    'EMFILE',
  ])('is true for %s: names, networks and peers come back', (code) => {
    expect(withCause(withCode(code))).toBe(true);
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'EPROTO',
    'EACCES',
    'EINVAL',
    'ERR_SOCKET_BAD_PORT',
  ])('is false for %s: another attempt would fail as well', (code) => {
    expect(withCause(withCode(code))).toBe(false);
  });

  it('is true when one address of a name may answer later (RFC 8305)', () => {
    const mixed = new AggregateError([withCode('EACCES'), withCode('ECONNREFUSED')]);
    expect([withCause(mixed), withCause(new AggregateError([withCode('EACCES')]))]).toEqual([true, false]);
  });

  it("is true for an error of somebody else's transport that has no code, and false for one of a program", () => {
    expect([withCause(new Error('gone')), withCause(new TypeError('x is undefined')), withCause('?')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each<[ConnectFailure, boolean]>([
    [{ code: 'timeout', timeout: 1 }, true],
    [{ code: 'connectionClosed' }, true],
    [{ code: 'aborted' }, false],
    [{ code: 'invalidUrl' }, false],
    [{ code: 'invalidScheme', scheme: 'http' }, false],
    [{ code: 'reservedExtension', name: 'x' }, false],
    [{ code: 'invalidHeader', name: 'x' }, false],
    [{ code: 'acceptMismatch' }, false],
    [{ code: 'badHttpResponse', line: '' }, false],
    [{ code: 'unrequestedSubprotocol', value: 'x' }, false],
    [{ code: 'handshakeResponseTooBig', limit: 1 }, false],
    [{ code: 'transportDoesNotSupportReceive' }, false],
  ])('of %o is %s', (failure, retriable) => {
    expect(new ConnectError(failure).retriable).toBe(retriable);
  });
});
