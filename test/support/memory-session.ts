import { setImmediate } from 'node:timers/promises';
import type { Report } from '@genws/actor';
import { HeaderMap, type Role } from '@genws/protocol';
import {
  createMemoryTransports,
  type Handler,
  optsOf,
  type Session,
  type SessionCompression,
  type SessionRequest,
  type SessionSettings,
  startSession,
  type Transport,
  type TransportOwner,
  type WithOpts,
} from '@genws/session';
import { ManualClock } from './manual-clock.ts';
import { RawPeer } from './raw-peer.ts';

/** For `describe.each`. */
export const roles: readonly Role[] = ['server', 'client'];

/** A handshake with nothing to tell. */
export const plainRequest: SessionRequest = { method: 'GET', path: '/', headers: new HeaderMap() };

/** A transport that records what is done to it, over another, and can be made to fail. */
export class ObservedTransport implements Transport {
  readonly #inner: Transport;
  #owner: TransportOwner | undefined;
  /** Calls of `send`, and the bytes that they were given. */
  writes = 0;
  bytes = 0;
  /** Every count that was asked for. */
  readonly activations: number[] = [];
  closes = 0;
  aborts = 0;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  get buffered(): number {
    return this.#inner.buffered;
  }

  get congested(): boolean {
    return this.#inner.congested;
  }

  /** Whether the session wants to read. */
  get reading(): boolean {
    return (this.activations.at(-1) ?? 0) > 0;
  }

  /** Whether it has been let go of. */
  get released(): boolean {
    return this.closes + this.aborts > 0;
  }

  handOver(owner: TransportOwner): void {
    this.#owner = owner;
    this.#inner.handOver((event) => this.#owner?.(event));
  }

  activate(batches: number): void {
    this.activations.push(batches);
    this.#inner.activate(batches);
  }

  send(chunks: readonly Uint8Array[]): void {
    this.writes++;
    for (const { length } of chunks) this.bytes += length;
    this.#inner.send(chunks);
  }

  close(): void {
    this.closes++;
    this.#inner.close();
  }

  abort(): void {
    this.aborts++;
    this.#inner.abort();
  }

  /** The connection breaks: nothing follows. */
  fail(error: Error): void {
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.({ type: 'transport.error', error });
  }
}

export interface MemorySessionOptions extends SessionSettings {
  /** The session's side. Default `server`. */
  readonly role?: Role;
  /** Whether it may read at once. Default true. */
  readonly activate?: boolean;
  /** Whether the peer reads from the beginning. Default true. */
  readonly peerReads?: boolean;
  readonly head?: Uint8Array;
  /** What the handshake has agreed on. Default: no compression. */
  readonly compression?: SessionCompression;
}

/** A session, and what a test holds of its surroundings. */
export interface MemorySession<Info> {
  readonly session: Session<Info>;
  readonly peer: RawPeer;
  readonly transport: ObservedTransport;
  readonly clock: ManualClock;
  readonly reports: Report[];
}

/** Start a session whose transport is a pair in memory with a raw peer at its other end. Time stands still. */
export function startInMemory<State, Info, Opts>(
  options: MemorySessionOptions & { readonly handler: Handler<State, Info, Opts> } & WithOpts<Opts>,
): MemorySession<Info> {
  const { role = 'server', activate = true, peerReads = true } = options;
  const [near, far] = createMemoryTransports();
  const transport = new ObservedTransport(near);
  const peer = new RawPeer(far, { role: role === 'server' ? 'client' : 'server', reading: peerReads });
  const clock = new ManualClock();
  const reports: Report[] = [];
  const session = startSession<State, Info, Opts>({
    logger: (report) => reports.push(report),
    clock,
    ...options,
    role,
    transport,
    handlerOpts: optsOf<Opts>(options),
    request: plainRequest,
  });
  if (activate) session.send({ type: 'activate' });
  return { session, peer, transport, clock, reports };
}

/** Resolves when everything that is under way in memory has arrived and been dealt with. */
export async function quiet(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
