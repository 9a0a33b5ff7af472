import { type HeaderPair, type PlainAnswer, plainText } from '@genws/protocol';
import type { Denial } from '../admission/authorize.ts';

/** Why a server turns away a request that is right in itself. */
export type Rejection =
  /** It serves another path. */
  | { readonly code: 'unknownPath' }
  /** It is about to stop. */
  | { readonly code: 'stopping' }
  /** `maxConnections` are there. */
  | { readonly code: 'tooManyConnections' }
  /** `maxConnectionsPerAddress` are there from the same address. */
  | { readonly code: 'tooManyFromAddress' }
  /** There is no `Origin`, and `origins` wants one. */
  | { readonly code: 'missingOrigin' }
  /** The `Origin` is none of `origins`. */
  | { readonly code: 'foreignOrigin' }
  /** `authorize` has denied it. */
  | { readonly code: 'denied'; readonly denial: Denial }
  /** `authorize` has not settled in time. */
  | { readonly code: 'authorizeTimeout' }
  /** `authorize` threw, or wanted an answer that cannot be given. */
  | { readonly code: 'authorizeFailed'; readonly error: unknown };

/** A row of {@link rejections}. */
interface RejectionRow {
  readonly status: number;
  /** One clause for people. */
  readonly text: string;
}

/** Every rejection but a denial, which has its own answer: the HTTP status and the words. */
export const rejections = {
  unknownPath: { status: 404, text: 'there is no WebSocket at this path' },
  stopping: { status: 503, text: 'the server is about to stop' },
  tooManyConnections: { status: 503, text: 'the server has as many connections as it takes' },
  tooManyFromAddress: { status: 503, text: 'there are as many connections from this address as the server takes' },
  missingOrigin: { status: 403, text: 'the Origin header is missing' },
  foreignOrigin: { status: 403, text: 'the Origin is not one that may connect' },
  authorizeTimeout: { status: 503, text: 'it took too long to find out who this is' },
  authorizeFailed: { status: 500, text: 'it could not be found out who this is' },
} as const satisfies Record<Exclude<Rejection['code'], 'denied'>, RejectionRow>;

/** When to come back after a 503, s. */
const retryAfter: HeaderPair = ['Retry-After', '5'];

/** The HTTP answer to a request that is turned away. */
export function rejectionAnswer(rejection: Rejection): PlainAnswer {
  if (rejection.code === 'denied') return rejection.denial.answer;
  const { status, text } = rejections[rejection.code];
  return { status, headers: status === 503 ? [retryAfter, plainText] : [plainText], body: `${text}\n` };
}

/** One line for people. */
export function describeRejection(rejection: Rejection): string {
  return rejection.code === 'denied'
    ? `denied with status ${rejection.denial.answer.status}`
    : rejections[rejection.code].text;
}
