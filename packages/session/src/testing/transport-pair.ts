import type { Transport } from '../transport.ts';
import type { TransportPeer } from './transport-peer.ts';

/**
 * What the port leaves open:
 * - `ended`: tells `transport.ended` when the peer has ended its direction. Without it the transport ends its own
 *   direction then, and tells `transport.closed`.
 * - `error`: tells a connection that the peer has broken from one that it has ended. Without it both are
 *   `transport.closed`.
 * - `receive`: can be read before it has an owner, which `connect` needs.
 * - `peername`: knows where the peer is.
 */
export type TransportFeature = 'ended' | 'error' | 'receive' | 'peername';

/** A fresh connection: the transport to be tested at one end, and whoever speaks to it at the other. */
export interface TransportPair {
  readonly near: Transport;
  readonly far: TransportPeer;
  /**
   * Which features `near` does without. What is not declared here has to be there, and what is declared must not be.
   * Default: it has them all.
   */
  readonly lacks?: readonly TransportFeature[] | undefined;
  /**
   * Resolves when whatever either end did before has had time to arrive at the other. Default: 20 turns of the event
   * loop, enough for two ends in one process.
   */
  readonly settle?: (() => Promise<void>) | undefined;
  /** Lets go of what the connection stood on, a server for example. Called when both ends are done with. */
  readonly close?: (() => unknown) | undefined;
}

/** Makes a fresh pair for each case of the contract. */
export type MakeTransportPair = () => TransportPair | Promise<TransportPair>;
