import { inspect } from 'node:util';
import { consoleLogger, deliver, type ExitSignal, type Logger, monitor, shutdownReasonOf } from '@genws/actor';
import type {
  KeptRequest,
  PeerAddress,
  Session,
  SessionExit,
  SessionMessage,
  SessionRef,
  SessionSettings,
  SessionState,
  WithOpts,
} from '@genws/session';
import { Actor } from 'xstate';
import { defaultTimeout } from '../connecting/open-client.ts';
import { resolveBackoff } from './backoff.ts';
import type { ClientInput } from './client-context.ts';
import type { ClientEvent } from './client-event.ts';
import { clientMachine } from './client-machine.ts';
import { assertClientOptions, type ClientOptions } from './client-options.ts';
import { Connector } from './connector.ts';
import { Relay, refuse } from './relay.ts';
import { type ClientFailure, isWorthRetrying, type RetryPolicy } from './retry-policy.ts';

/** What a client holds beside its statechart. */
interface ClientParts<Info> {
  readonly input: ClientInput;
  readonly connector: Pick<Connector<never, Info, never>, 'session' | 'totals' | 'signal' | 'cancel' | 'shut' | 'end'>;
  readonly relay: Relay<Info>;
  readonly options: Pick<SessionSettings, 'clock' | 'inspect'> & { readonly id?: string | undefined };
}

/**
 * A connection that comes back: a handle that outlives the sessions behind it. Whatever can be done to a session can be
 * done to the client, and reaches the session of the moment: `send`, `tell`, `close`, `stop`, `monitor`, `join`. It ends
 * when it is closed or stopped, when its handler stops, or when it gives up, with a session's reasons; where no connection
 * came about that is `transportError` with the `ConnectError` as its `cause`. Made by {@link startClient}.
 *
 * It is an actor whose statechart can be subscribed to and inspected, and a process, well placed as the child of a
 * supervisor.
 *
 * @typeParam Info the messages that its handler takes
 */
export class Client<Info = unknown> extends Actor<typeof clientMachine> implements SessionRef<Info> {
  readonly #parts: ClientParts<Info>;
  readonly #startedAt: number;

  /** Use {@link startClient}. */
  constructor(parts: ClientParts<Info>) {
    const { id, clock, inspect } = parts.options;
    super(clientMachine, {
      input: parts.input,
      ...(id === undefined ? {} : { id }),
      ...(clock === undefined ? {} : { clock }),
      ...(inspect === undefined ? {} : { inspect }),
    });
    this.#parts = parts;
    this.#startedAt = parts.input.now();
    monitor(this, () => this.#leaveNothing());
  }

  /** For the verbs: hand it to the session, or do with it what `whileDown` says. */
  override send(event: SessionMessage<Info> | ClientEvent): void {
    switch (event.type) {
      case 'send':
        this.#post(event);
        break;
      case 'info':
        this.#parts.relay.post(event);
        break;
      case 'exit':
        this.exit(event.signal);
        break;
      case 'system':
        if (this.session !== undefined) this.session.send(event);
        else event.from.answer({ ok: false, error: new Error('the client is not connected') });
        break;
      case 'close':
      case 'stop':
      case 'attempt.prepared':
      case 'attempt.failed':
      case 'session.started':
      case 'session.opened':
      case 'session.down':
        if (this.getSnapshot().status === 'active') super.send(event);
        break;
      default: // a transport's, which is nobody's here
    }
  }

  /** For `exit`: `killed` ends it and its session at once, `normal` is ignored, any other reason is as by `stop`. */
  exit({ reason }: ExitSignal): void {
    if (reason.type === 'killed') this.stop();
    else if (reason.type !== 'normal') this.send({ type: 'stop', reason: shutdownReasonOf(reason) });
  }

  /** The session of the moment: there is one while it is connected, and while that one's `init` is pending. */
  get session(): Session<Info> | undefined {
    return this.#parts.connector.session;
  }

  /** Attempts to connect so far, the one under way included. */
  get attempt(): number {
    return this.getSnapshot().context.attempt;
  }

  /** Why it is not connected, or was not before this connection; `undefined` if it always was. */
  get lastFailure(): ClientFailure | undefined {
    return this.getSnapshot().context.failure;
  }

  /** Resolves when it is connected and `init` has settled: with true. With false once it has ended. */
  connected(): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (): void => {
        const over = this.getSnapshot().status !== 'active';
        if (!over && this.state !== 'open') return;
        resolve(!over);
        queueMicrotask(() => subscription.unsubscribe());
      };
      const subscription = this.subscribe({ next: settle, complete: settle, error: settle });
      settle();
    });
  }

  /** As a session's: `ready_wait` while it is not connected. */
  get state(): SessionState {
    const { status, value } = this.getSnapshot();
    if (status !== 'active') return 'closed';
    if (value === 'stopping') return 'closing';
    return value === 'connected' && this.session?.state === 'open' ? 'open' : 'ready_wait';
  }

  /** Bytes sent that have not reached the network, those that wait for a connection included. */
  get buffered(): number {
    return this.#parts.relay.bytes + (this.session?.buffered ?? 0);
  }

  /** Messages that its sessions have dropped because the peer did not read them in time. */
  get dropped(): number {
    return this.#parts.connector.totals.dropped;
  }

  /** What was kept of the handshake's request; nothing while there is no session. */
  get request(): KeptRequest {
    return this.session?.request ?? {};
  }

  /** Where the peer is, while there is one. */
  get peer(): PeerAddress | undefined {
    return this.session?.peer;
  }

  /** What its connection runs over, while there is one. */
  get transport(): string | undefined {
    return this.session?.transport;
  }

  /** What its handler is called, while there is a connection. */
  get handler(): string | undefined {
    return this.session?.handler;
  }

  /** What has passed through its sessions, all together. */
  get statistics(): SessionRef['statistics'] {
    const { dropped, ...statistics } = this.#parts.connector.totals;
    return { ...statistics, uptime: this.#parts.input.now() - this.#startedAt };
  }

  /** What its session keeps waiting, and what waits for one. */
  get load(): SessionRef['load'] {
    const { mailbox, memory } = this.session?.load ?? { mailbox: 0, memory: 0 };
    return { mailbox: mailbox + this.#parts.relay.waiting, memory: memory + this.#parts.relay.bytes };
  }

  /** Aborted when the client, and not merely a connection of its, begins to end. */
  get signal(): AbortSignal {
    return this.#parts.connector.signal;
  }

  /** Resolves with the reason when it has ended, and its session has. */
  exited(): Promise<SessionExit> {
    return new Promise((resolve) => {
      const report = (): void => resolve(this.getSnapshot().output ?? { type: 'killed' });
      if (this.getSnapshot().status === 'active') monitor(this, report);
      else report();
    });
  }

  /** However it has ended: no attempt, no session and nobody who waits is left behind. */
  #leaveNothing(): void {
    const { connector } = this.#parts;
    connector.cancel();
    connector.end();
    connector.session?.stop();
    connector.shut();
  }

  #post(parcel: Extract<SessionMessage, { type: 'send' }>): void {
    const { relay } = this.#parts;
    const last = parcel.frames.find((frame) => frame.type === 'close');
    if (last?.type !== 'close') relay.post(parcel);
    else if (!relay.isOpen) {
      refuse(parcel);
      this.send({ type: 'close', frame: last });
    } else {
      relay.post(parcel);
      if (parcel.receipt.outcome !== 'congested') this.send({ type: 'close', frame: last });
    }
  }
}

/**
 * Keep a connection to a server: connect, and connect again whenever the connection ends, until it is closed or stopped.
 * Returns at once; the handler's `init` runs for each connection, with the number of the attempt as `request.attempt`.
 *
 * Throws `TypeError` or `RangeError` for options that cannot be, as {@link connect} does, and for a `backoff`, `attempts`
 * or `whileDown` that is none. A URL that is none ends the client: it is a failure that is not retriable.
 *
 * @param url `ws:` or `wss:`, unless `prepare` says otherwise
 */
export function startClient<State, Info, Opts>(
  url: string | URL,
  options: ClientOptions<State, Info, Opts> & WithOpts<Opts>,
): Client<Info> {
  assertClientOptions(options);
  const { attempts = Number.POSITIVE_INFINITY, whileDown = 'reject', retry = isWorthRetrying } = options;
  const { logger = consoleLogger, random = Math.random, timeout = defaultTimeout, clock = performance } = options;
  const relay = new Relay<Info>(whileDown);
  const connector = new Connector<State, Info, Opts>(url, options, relay);
  const input: ClientInput = {
    connector,
    backoff: resolveBackoff(options.backoff),
    attempts,
    retry: harmless(retry, logger),
    timeout,
    random,
    logger,
    now: () => clock.now(),
  };
  return new Client<Info>({ input, connector, relay, options }).start();
}

/** A policy that throws ends the client, and is reported. */
function harmless(retry: RetryPolicy, logger: Logger): RetryPolicy {
  return (failure, failures) => {
    try {
      return retry(failure, failures);
    } catch (error) {
      const text = `retry threw: ${error instanceof Error ? error.message : inspect(error)}`;
      deliver(logger, { level: 'error', event: 'client.retryFailed', text, error });
      return false;
    }
  };
}
