import type { Decision, SendReceipt, SessionMessage } from './event.ts';
import type { ResolvedTuning } from './options.ts';
import type { Outbox } from './outbox.ts';

/** Where a sender's frames go, and how many of them. */
export interface SenderOwner {
  readonly outbox: Outbox;
  readonly tuning: ResolvedTuning;
}

/** Puts what others send into the outbox, and tells them when there is room for more. */
export class Sender {
  readonly #owner: SenderOwner;
  /** Receipts of those who wait for the peer to catch up. */
  #waiting: SendReceipt[] | undefined;

  constructor(owner: SenderOwner) {
    this.#owner = owner;
  }

  /** Send the frames, as far as the peer's pace and the policy let them. */
  send({ frames, receipt, slowConsumer }: Extract<SessionMessage, { type: 'send' }>): Decision {
    receipt.outcome = 'sent';
    const { outbox, tuning } = this.#owner;
    const policy = slowConsumer ?? tuning.slowConsumer;
    let decision: Decision;
    for (const frame of frames) {
      if (frame.type === 'close') {
        decision = { type: 'close', frame };
        break;
      }
      const outcome = outbox.append(frame, policy);
      if (outcome === 'sent') continue;
      if (receipt.outcome === 'sent') receipt.outcome = outcome;
      if (outcome === 'dropped') continue;
      if (policy === 'close') decision = { type: 'peer.stalled' };
      break;
    }
    this.#settle(receipt);
    return decision;
  }

  /** Nothing is sent any more. */
  refuse({ receipt }: Extract<SessionMessage, { type: 'send' }>): void {
    receipt.outcome = 'closed';
    this.#settle(receipt);
  }

  /** Tell all who wait for the peer to catch up what has become of it. */
  release(closed?: 'closed'): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { settled, outcome } of waiting) settled?.(closed ?? outcome);
  }

  /** Tell the sender that there is room: now, or when the peer has caught up. */
  #settle(receipt: SendReceipt): void {
    if (receipt.settled === undefined) return;
    const { outbox, tuning } = this.#owner;
    if (receipt.outcome === 'closed' || outbox.pressure <= tuning.limits.highWater) {
      receipt.settled(receipt.outcome);
      return;
    }
    this.#waiting ??= [];
    this.#waiting.push(receipt);
  }
}
