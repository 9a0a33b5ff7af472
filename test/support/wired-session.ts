import type { Report } from '@genws/actor';
import type { Session } from '@genws/session';
import type { SocketOptions } from './ends.ts';
import { ManualClock } from './manual-clock.ts';
import { openSocket, type SocketPeer } from './socket-peer.ts';

/** A session, its peer at the other end of a wire, and what a test holds of its surroundings. */
export interface WiredSession<Info> {
  readonly session: Session<Info>;
  readonly peer: SocketPeer<Info>;
  readonly clock: ManualClock;
  readonly reports: Report[];
}

/** Connect a session and a raw peer. Time stands still. */
export async function startOver<State, Info>(options: SocketOptions<State, Info>): Promise<WiredSession<Info>> {
  const clock = new ManualClock();
  const reports: Report[] = [];
  const peer = await openSocket({ logger: (report) => reports.push(report), clock, ...options });
  return { session: peer.session, peer, clock, reports };
}
