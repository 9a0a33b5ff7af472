import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isOriginOf } from 'genws';

/** What of a request tells whether it may have an answer. */
export interface Caller {
  readonly headers: Pick<IncomingHttpHeaders, 'host' | 'origin' | 'cookie'> & NodeJS.Dict<string | string[]>;
  readonly address: string | undefined;
}

/** `foreign`: it comes from somewhere else than it should. `unknown`: it has not shown the token. */
export type Decision = 'welcome' | 'foreign' | 'unknown';

/** What proxies add to the requests of others. */
export const proxyHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const;

/** The cookie that stands for the token. */
export const cookieName = 'genws-inspector';

/**
 * Who may look. Without a token: whoever sits at this machine, which is to say that the connection comes from it, by one
 * of its own names, and not through a proxy. With one: who has shown it. Never the script of a foreign page.
 */
export class Access {
  readonly #token: string | undefined;

  /** Throws `TypeError` for a token that anybody could guess: none at all. */
  constructor(token: string | undefined) {
    if (token === '') throw new TypeError('an empty token guards nothing');
    this.#token = token;
  }

  /** Whether a token is to be shown. */
  get guarded(): boolean {
    return this.#token !== undefined;
  }

  decide({ headers, address }: Caller): Decision {
    const { origin, cookie } = headers;
    const host = String(headers[':authority'] ?? headers.host ?? ''); // RFC 9113 §8.3.1
    if (origin !== undefined && !isOriginOf(host, String(origin))) return 'foreign';
    if (this.#token !== undefined) return this.#knows(cookie) ? 'welcome' : 'unknown';
    const proxied = proxyHeaders.some((name) => headers[name] !== undefined);
    return isLoopback(address) && isLoopbackName(host) && !proxied ? 'welcome' : 'foreign';
  }

  /** The cookie for who shows the right token. */
  admit(token: string): string | undefined {
    return this.#token !== undefined && equal(token, this.#token) ? stamp(this.#token) : undefined;
  }

  #knows(cookies = ''): boolean {
    const shown = cookies.split(';').map((cookie) => cookie.trim());
    const value = shown.find((cookie) => cookie.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1) ?? '';
    return this.#token !== undefined && equal(value, stamp(this.#token));
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What the cookie holds: not the token itself. */
const stamp = (token: string): string => digest(`genws inspector ${token}`).toString('base64url');

/** Takes as long whatever differs. */
const equal = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

const isLoopback = (address = ''): boolean => /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(address);

/** A name that points elsewhere today may point here tomorrow: DNS rebinding. */
const isLoopbackName = (host: string): boolean => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i.test(host);

/** Whether a server can be reached from this machine alone. */
export const isLoopbackHost = (host: string): boolean => host === 'localhost' || isLoopback(host);
