import type { Rejection } from '../opening/rejection.ts';

/** How many connections a server takes at a time. Those that are being authorized count. */
export interface ConnectionLimits {
  /** All together. Above it requests are answered 503 with `Retry-After`. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /**
   * From one IP address; the same answer. Leave it out behind a proxy, whose address all of them have. Default: no limit.
   */
  readonly maxConnectionsPerAddress?: number | undefined;
}

/** Counts the connections of a server, together and by address. */
export class ConnectionLimit {
  readonly #most: number;
  readonly #mostPerAddress: number;
  #count = 0;
  readonly #byAddress = new Map<string, number>();

  /** Throws `TypeError` for a limit that is no positive number. */
  constructor({ maxConnections, maxConnectionsPerAddress }: ConnectionLimits) {
    this.#most = limitOf('maxConnections', maxConnections);
    this.#mostPerAddress = limitOf('maxConnectionsPerAddress', maxConnectionsPerAddress);
  }

  /** Count a connection, unless there are too many already. What is counted is to {@link leave}. */
  enter(address: string | undefined): Rejection | undefined {
    if (this.#count >= this.#most) return { code: 'tooManyConnections' };
    if (this.#isLimitedBy(address)) {
      const count = this.#byAddress.get(address) ?? 0;
      if (count >= this.#mostPerAddress) return { code: 'tooManyFromAddress' };
      this.#byAddress.set(address, count + 1);
    }
    this.#count++;
    return undefined;
  }

  /** A connection has ended. */
  leave(address: string | undefined): void {
    this.#count--;
    if (!this.#isLimitedBy(address)) return;
    const count = this.#byAddress.get(address) ?? 0;
    if (count > 1) this.#byAddress.set(address, count - 1);
    else this.#byAddress.delete(address);
  }

  #isLimitedBy(address: string | undefined): address is string {
    return address !== undefined && this.#mostPerAddress !== Number.POSITIVE_INFINITY;
  }
}

function limitOf(name: string, limit = Number.POSITIVE_INFINITY): number {
  if (limit >= 1 && (Number.isInteger(limit) || limit === Number.POSITIVE_INFINITY)) return limit;
  throw new TypeError(`${name} must be a positive whole number, or Infinity; it is ${limit}`);
}
