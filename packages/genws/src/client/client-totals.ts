import type { SessionRef } from '@genws/session';

/** What has passed through the sessions of a client. */
export type ClientTotals = Omit<SessionRef['statistics'], 'uptime'> & Pick<SessionRef, 'dropped'>;

/** Those of a client that had none. */
export const noTotals: ClientTotals = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, dropped: 0 };

/** Together with those of one session more, if there is one. */
export function withSession(totals: ClientTotals, session: SessionRef<never> | undefined): ClientTotals {
  if (session === undefined) return totals;
  const { statistics, dropped } = session;
  return {
    messagesIn: totals.messagesIn + statistics.messagesIn,
    messagesOut: totals.messagesOut + statistics.messagesOut,
    bytesIn: totals.bytesIn + statistics.bytesIn,
    bytesOut: totals.bytesOut + statistics.bytesOut,
    dropped: totals.dropped + dropped,
  };
}
