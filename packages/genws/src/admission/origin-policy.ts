import type { Rejection } from '../opening/rejection.ts';

/** From which pages browsers may connect (RFC 6455 §10.2). */
export interface OriginOptions {
  /**
   * The origins of the pages that may connect, as browsers write them: `https://chat.example`, with the port unless it
   * is the scheme's own, in lower case, names in Punycode; `null` stands for pages without an origin. Others get 403.
   * Needed where users are known by cookie, which a browser sends whatever the page. Default: any origin, and none.
   */
  readonly origins?: readonly string[] | undefined;
  /**
   * With `origins`: whether a request without `Origin`, which no browser sends, is turned away too. Default true. Where
   * it is false, clients that are no browsers may connect as well.
   */
  readonly originRequired?: boolean | undefined;
}

/** Compares the `Origin` of requests with those that are allowed, character for character. */
export class OriginPolicy {
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #required: boolean;

  /** Throws `TypeError` for what no browser would send, and so could never match. */
  constructor({ origins, originRequired = true }: OriginOptions) {
    for (const origin of origins ?? []) assertOrigin(origin);
    this.#allowed = origins && new Set(origins);
    this.#required = originRequired;
  }

  /** What is wrong with an origin, if anything. */
  check(origin: string | undefined): Rejection | undefined {
    if (this.#allowed === undefined) return undefined;
    if (origin === undefined) return this.#required ? { code: 'missingOrigin' } : undefined;
    return this.#allowed.has(origin) ? undefined : { code: 'foreignOrigin' };
  }
}

function assertOrigin(origin: string): void {
  if (origin === 'null') return;
  const { origin: serialized } = URL.canParse(origin) ? new URL(origin) : { origin: undefined };
  if (serialized === origin) return;
  const instead =
    serialized === undefined || serialized === 'null' ? '' : `, as ${JSON.stringify(serialized)} would be`;
  throw new TypeError(`${JSON.stringify(origin)} is not an origin as browsers send it${instead}`);
}
