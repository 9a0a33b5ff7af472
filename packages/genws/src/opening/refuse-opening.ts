import { deliver, type Logger } from '@genws/actor';
import { describeRefusal, type RequestRefusal, refusalAnswer } from '@genws/protocol';
import { describePeer } from '@genws/session';
import type { Opening } from './opening.ts';
import { describeRejection, type Rejection, rejectionAnswer } from './rejection.ts';

/** Answer a request that is not right (RFC 6455 §4.2.1, RFC 8441 §4), and report it. */
export function refuseOpening(opening: Opening, refusal: RequestRefusal, logger: Logger): void {
  opening.refuse(refusalAnswer(refusal));
  report(opening, refusal.code, describeRefusal(refusal), logger);
}

/** Turn away a request that is right in itself, and report it. */
export function rejectOpening(opening: Opening, rejection: Rejection, logger: Logger): void {
  opening.refuse(rejectionAnswer(rejection));
  const failure = rejection.code === 'authorizeFailed' ? { error: rejection.error } : undefined;
  report(opening, rejection.code, describeRejection(rejection), logger, failure);
}

function report(
  { transport, port }: Opening,
  code: string,
  text: string,
  logger: Logger,
  failure?: { readonly error: unknown },
): void {
  deliver(logger, {
    level: failure === undefined ? 'info' : 'error',
    event: 'handshake.refused',
    text,
    ...failure,
    fields: { code, peer: describePeer(transport.peername), port },
  });
}
