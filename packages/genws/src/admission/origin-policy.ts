import type { SessionRequest } from '@genws/session';
import type { Rejection } from '../opening/rejection.ts';

/** From which pages browsers may connect (RFC 6455 §10.2). */
export interface OriginOptions {
  /**
   * The origins of the pages that may connect, as browsers write them: `https://chat.example`, with the port unless it
   * is the scheme's own, in lower case, names in Punycode; `null` stands for pages without an origin. Others get 403.
   * `'same'` are the server's own pages: the origin's name and port are those of the request's `Host`. Needed where users
   * are known by cookie, which a browser sends whatever the page. Default: any origin, and none.
   */
  readonly origins?: readonly string[] | 'same' | undefined;
  /**
   * With `origins`: whether a request without `Origin`, which no browser sends, is turned away too. Default true. Where
   * it is false, clients that are no browsers may connect as well.
   */
  readonly originRequired?: boolean | undefined;
}

/** Compares the `Origin` of requests with those that are allowed, character for character. */
export class OriginPolicy {
  readonly #allowed: ReadonlySet<string> | 'same' | undefined;
  readonly #required: boolean;

  /** Throws `TypeError` for what no browser would send, and so could never match. */
  constructor({ origins, originRequired = true }: OriginOptions) {
    this.#allowed = origins === 'same' ? origins : origins && new Set(origins);
    if (typeof this.#allowed === 'object') for (const origin of this.#allowed) assertOrigin(origin);
    this.#required = originRequired;
  }

  /** What is wrong with the origin of a request, if anything. */
  check({ origin, host = '' }: Pick<SessionRequest, 'origin' | 'host'>): Rejection | undefined {
    if (this.#allowed === undefined) return undefined;
    if (origin === undefined) return this.#required ? { code: 'missingOrigin' } : undefined;
    const allowed = this.#allowed === 'same' ? isOriginOf(host, origin) : this.#allowed.has(origin);
    return allowed ? undefined : { code: 'foreignOrigin' };
  }
}

/**
 * Whether an `Origin` is that of the pages of this `Host`: the same name and port. Behind a proxy that ends TLS the scheme
 * cannot be told, and so it does not count.
 */
export function isOriginOf(host: string, origin: string): boolean {
  const scheme = /^https?:/.exec(origin)?.[0];
  const own = `${scheme}//${host}`;
  return scheme !== undefined && URL.canParse(own) && new URL(own).origin === origin;
}

function assertOrigin(origin: string): void {
  if (origin === 'null') return;
  const { origin: serialized } = URL.canParse(origin) ? new URL(origin) : { origin: undefined };
  if (serialized === origin && !origin.includes('*')) return;
  const instead =
    serialized === undefined || serialized === 'null' ? '' : `, as ${JSON.stringify(serialized)} would be`;
  throw new TypeError(`${JSON.stringify(origin)} is not an origin as browsers send it${instead}`);
}
