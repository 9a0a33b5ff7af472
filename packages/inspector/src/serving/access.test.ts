import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Access, type Caller, cookieName, isLoopbackHost, proxyHeaders } from './access.ts';

const crypto = vi.hoisted(() => ({ compared: [] as [one: number, other: number][] }));

vi.mock('node:crypto', async (load) => {
  const original = await load<typeof import('node:crypto')>();
  return {
    ...original,
    timingSafeEqual(one: Uint8Array, other: Uint8Array) {
      crypto.compared.push([one.length, other.length]);
      return original.timingSafeEqual(one, other);
    },
  };
});

afterEach(() => {
  crypto.compared.length = 0;
});

const open = new Access(undefined);
const token = 'open sesame';
const guarded = new Access(token);

const here = (headers: Caller['headers'] = {}, address: string | undefined = '127.0.0.1'): Caller => ({
  headers: { host: 'localhost:8080', ...headers },
  address,
});

const cookieOf = (access: Access, shown = token): string => `${cookieName}=${access.admit(shown)}`;

describe('without a token', () => {
  it.each(['localhost', 'LocalHost:8080', '127.0.0.1', '127.0.0.1:80', '127.9.8.7:1', '[::1]', '[::1]:8080'])(
    'who comes from this machine, by a name of its own, is welcome: %s',
    (host) => {
      for (const address of ['127.0.0.1', '127.200.1.1', '::1', '::ffff:127.0.0.1'])
        expect(open.decide(here({ host }, address))).toBe('welcome');
    },
  );

  it.each([
    'example.com',
    'example.com:8080',
    'localhost.example.com',
    'localhost:8080.example.com',
    'example.com#localhost',
    'user@localhost',
    '127.0.0.1.example.com',
    '127.0.0.1.nip.io:8080',
    '1270.0.0.1',
    'localhost.',
    'my.localhost',
    '0.0.0.0:8080',
    '[::]:8080',
    '[::ffff:127.0.0.1]:8080',
    '[::1].example.com',
    '192.168.1.2',
    'localhost\n',
    ' localhost',
    '',
  ])('a name that is none of this machine is foreign, wherever it points (DNS rebinding): %j', (host) => {
    expect(open.decide(here({ host }))).toBe('foreign');
    expect(open.decide(here({ host, origin: `http://${host}` }))).toBe('foreign');
  });

  it.each(['192.168.1.2', '10.0.0.1', '::ffff:192.168.1.2', 'fe80::1', '2001:db8::127.0.0.1', '1127.0.0.1', undefined])(
    'who comes from elsewhere is foreign, whatever name is given: %s',
    (address) => {
      expect(open.decide({ headers: { host: 'localhost' }, address })).toBe('foreign');
    },
  );

  it.each(proxyHeaders)('who comes through a proxy is foreign: %s', (name) => {
    expect(open.decide(here({ [name]: 'somebody' }))).toBe('foreign');
    expect(open.decide(here({ [name]: '' }))).toBe('foreign');
  });

  it('there is nothing to be shown: no cookie, no token lets anybody in', () => {
    expect(open.guarded).toBe(false);
    expect(open.admit('')).toBeUndefined();
    expect(open.decide(here({ host: 'example.com', cookie: cookieOf(guarded) }))).toBe('foreign');
  });

  it('the name is that of :authority where there is one (RFC 9113 §8.3.1)', () => {
    expect(open.decide({ headers: { ':authority': 'localhost:1' }, address: '::1' })).toBe('welcome');
    expect(open.decide({ headers: { ':authority': 'example.com', host: 'localhost' }, address: '::1' })).toBe(
      'foreign',
    );
  });
});

describe('the Origin of a page', () => {
  it('may be that of this very server, or be missing', () => {
    expect(open.decide(here())).toBe('welcome');
    expect(open.decide(here({ origin: 'http://localhost:8080' }))).toBe('welcome');
    expect(open.decide(here({ origin: 'https://localhost:8080' }))).toBe('welcome');
    expect(open.decide(here({ host: '[::1]:80', origin: 'http://[::1]' }))).toBe('welcome');
    expect(open.decide(here({ host: 'LOCALHOST:8080', origin: 'http://localhost:8080' }))).toBe('welcome');
  });

  it.each([
    'null',
    '',
    'http://evil.example',
    'http://localhost',
    'http://localhost:8081',
    'http://127.0.0.1:8080',
    'http://localhost:8080.evil.example',
    'http://localhost:8080/',
    'http://localhost:8080, http://evil.example',
    'ftp://localhost:8080',
    'localhost:8080',
    'file://',
    'chrome-extension://localhost:8080',
  ])('is foreign when it is another, with the right token and without: %j', (origin) => {
    expect(open.decide(here({ origin }))).toBe('foreign');
    expect(guarded.decide(here({ origin, cookie: cookieOf(guarded) }))).toBe('foreign');
  });

  it('is foreign, and breaks nothing, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (host, origin) => {
        fc.pre(host !== 'localhost:8080');
        expect(open.decide(here({ host: `${host}x`, origin }))).toBe('foreign');
      }),
    );
  });
});

describe('with a token', () => {
  it('who has shown it is welcome from anywhere, by any name, through any proxy', () => {
    const cookie = cookieOf(guarded);
    const elsewhere = { host: 'inspector.example.com', 'x-forwarded-for': '203.0.113.1', cookie };
    expect(guarded.decide({ headers: elsewhere, address: '203.0.113.9' })).toBe('welcome');
    expect(guarded.decide(here({ cookie: `a=b; ${cookie}; c=d` }))).toBe('welcome');
  });

  it('who has not is unknown, on this machine too', () => {
    const stamp = guarded.admit(token) ?? '';
    for (const cookie of [
      undefined,
      '',
      `${cookieName}=`,
      `${cookieName}`,
      `${cookieName}=${token}`,
      `${cookieName}=${stamp.slice(0, -1)}`,
      `${cookieName}=${stamp}x`,
      `${cookieName}=${stamp.toUpperCase()}`,
      `x${cookieName}=${stamp}`,
      `other=${stamp}`,
      cookieOf(new Access('another'), 'another'),
    ])
      expect(guarded.decide(here(cookie === undefined ? {} : { cookie }))).toBe('unknown');
  });

  it('that is right one gets a cookie, in which the token does not stand', () => {
    expect(guarded.guarded).toBe(true);
    expect(guarded.admit(token)).toMatch(/^[\w-]{43}$/);
    expect(guarded.admit(token)).not.toContain(token);
    for (const wrong of ['', 'open', `${token} `, token.toUpperCase(), `${token}\0`])
      expect(guarded.admit(wrong)).toBeUndefined();
  });

  it('that is wrong takes as long to refuse, wherever it is wrong: digests of one length are compared', () => {
    const wrongs = ['', 'o', token.slice(0, -1), `${token}x`, randomBytes(5000).toString('hex')];
    for (const wrong of wrongs) guarded.admit(wrong);
    for (const cookie of wrongs) guarded.decide(here({ cookie: `${cookieName}=${cookie}` }));
    expect(crypto.compared).toEqual(Array(wrongs.length * 2).fill([32, 32]));
  });

  it('that is empty there is no inspector', () => {
    expect(() => new Access('')).toThrow(new TypeError('an empty token guards nothing'));
  });
});

describe('an address to listen on', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])('is for this machine: %s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '', '192.168.1.2', '127.0.0.1.example.com', 'example.com', '127.1', '::ffff:0.0.0.0'])(
    'is for others, too, as far as anybody knows: %j',
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});
