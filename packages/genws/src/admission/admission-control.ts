import { type Logger, longestDelay } from '@genws/actor';
import type { Session } from '@genws/session';
import type { Asked, Opening } from '../opening/opening.ts';
import { refuseOpening, rejectOpening } from '../opening/refuse-opening.ts';
import type { Rejection } from '../opening/rejection.ts';
import { Admission, type Authorize, Denial, type Verdict } from './authorize.ts';
import type { ConnectionLimit } from './connection-limit.ts';
import type { OriginPolicy } from './origin-policy.ts';

/** What an {@link AdmissionControl} goes by. */
export interface AdmissionParts<Opts> {
  readonly subprotocols: readonly string[] | undefined;
  readonly limit: ConnectionLimit;
  readonly origins: OriginPolicy;
  /** What every client is let in with, or who decides that. */
  readonly rule: Admission<Opts> | Authorize<Opts>;
  /** For `authorize`, ms. */
  readonly timeout: number;
  readonly logger: Logger;
  /** Lets a client in. Throws when the answer cannot be given. */
  readonly open: (opening: Opening, asked: Asked, admission: Admission<Opts>) => void;
}

const stopping: Rejection = { code: 'stopping' };

/** Decides which requests for a WebSocket are let in, in whatever version of HTTP they come. */
export class AdmissionControl<Opts> {
  readonly #parts: AdmissionParts<Opts>;
  readonly #stopping = new AbortController();

  constructor(parts: AdmissionParts<Opts>) {
    this.#parts = parts;
  }

  /** From here on nobody is let in, nor those that wait for `authorize`. */
  stop(): void {
    this.#stopping.abort();
  }

  /** The session of a client that was let in has ended. */
  ended({ peer }: Session<never>): void {
    this.#parts.limit.leave(peer?.address);
  }

  /** Let a client in or answer why not: at once, or when `authorize` has settled. */
  decide(opening: Opening): void {
    const { subprotocols, rule, logger, open } = this.#parts;
    const checked = opening.check(subprotocols);
    const rejection = this.#stopping.signal.aborted ? stopping : checked.ok && this.#turnsAway(opening, checked.asked);
    if (rejection) rejectOpening(opening, rejection, logger);
    else if (!checked.ok) refuseOpening(opening, checked.refusal, logger);
    else if (typeof rule === 'function') this.#ask(rule, opening, checked.asked);
    else open(opening, checked.asked, rule);
  }

  /** Why a client is not even asked who it is. Otherwise it is counted. */
  #turnsAway({ transport }: Opening, { request }: Asked): Rejection | undefined {
    const { origins, limit } = this.#parts;
    return origins.check(request) ?? limit.enter(transport.peername?.address);
  }

  /** What comes first counts: the verdict, the end of the peer or of the server, or that of the time there is. */
  #ask(authorize: Authorize<Opts>, opening: Opening, asked: Asked): void {
    const asking = new AbortController();
    const { signal: ending } = this.#stopping;
    const { gone } = opening;
    const settle = (act: () => void): void => {
      if (asking.signal.aborted) return;
      clearTimeout(timer);
      ending.removeEventListener('abort', stop);
      gone.removeEventListener('abort', leave);
      asking.abort();
      try {
        act();
      } catch (error) {
        this.#reject(opening, { code: 'authorizeFailed', error });
      }
    };
    const reject = (rejection: Rejection): void => settle(() => this.#reject(opening, rejection));
    const stop = (): void => reject(stopping);
    const leave = (): void => settle(() => this.#parts.limit.leave(opening.transport.peername?.address));
    const timer = setTimeout(() => reject({ code: 'authorizeTimeout' }), Math.min(this.#parts.timeout, longestDelay));
    ending.addEventListener('abort', stop);
    gone.addEventListener('abort', leave);
    new Promise<Verdict<Opts>>((resolve) => resolve(authorize(asked.request, asking.signal, opening.incoming))).then(
      (verdict) => settle(() => this.#carryOut(verdict, opening, asked)),
      (error: unknown) => reject({ code: 'authorizeFailed', error }),
    );
  }

  #carryOut(verdict: Verdict<Opts>, opening: Opening, asked: Asked): void {
    if (Denial.is(verdict)) this.#reject(opening, { code: 'denied', denial: verdict });
    else this.#parts.open(opening, asked, Admission.is(verdict) ? verdict : new Admission(verdict, {}));
  }

  #reject(opening: Opening, rejection: Rejection): void {
    this.#parts.limit.leave(opening.transport.peername?.address);
    rejectOpening(opening, rejection, this.#parts.logger);
  }
}
