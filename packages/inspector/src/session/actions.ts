import { close, resume, type SendOutcome, type Session, send, stop, suspend } from '@genws/session';
import { ping, text, validOnWire } from 'genws';
import type { Action } from '../protocol.ts';

/** Do something to a session. Rejects with what stands in the way. */
export async function act(session: Session<never>, action: Action): Promise<void> {
  switch (action.type) {
    case 'text':
      return assertTaken(send(session, text(action.data)));
    case 'ping':
      return assertTaken(send(session, ping()));
    case 'close':
      if (!validOnWire(action.code)) throw new RangeError(`${action.code} may not stand in a close frame`);
      return close(session, action.code, action.reason);
    case 'suspend':
      return suspend(session);
    case 'resume':
      return resume(session);
    case 'kill':
      return stop(session, 'inspector');
  }
}

function assertTaken(outcome: SendOutcome): void {
  if (outcome !== 'sent' && outcome !== 'queued') throw new Error(`not sent: ${outcome}`);
}
