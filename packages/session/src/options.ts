import { inspect } from 'node:util';
import type { DeflateAgreement, DeflateOptions, MessageLimits } from '@genws/protocol';

/** Bounds on what a peer may cost a session. */
export interface SessionLimits extends MessageLimits {
  /**
   * Bytes that may wait to be written. What a frame beyond it meets is the session's {@link SlowConsumerPolicy}; a frame
   * that waits alone may be larger.
   */
  maxBuffered: number;
  /**
   * Bytes waiting to be written above which the session is congested: the handler is told, an awaited `send` waits, and
   * the peer is not read either, so that it feels the back-pressure.
   */
  highWater: number;
  /** Bytes waiting to be written at which a congested session is relieved. */
  lowWater: number;
  /** Bytes of messages waiting for a busy handler above which the peer is not read; each counts 128 more than it holds. */
  maxBacklog: number;
  /** Messages waiting for a busy handler, of peers and actors together, that end the session with 1013. */
  maxMailbox: number;
  /** Pings and pongs in one second that end the session with 1008. */
  maxControlRate: number;
  /** Messages a second, averaged over one, that the peer may send. What becomes of more: {@link OverRatePolicy}. */
  maxMessageRate: number;
  /** Bytes a second in messages, inflated, averaged over one, that the peer may send. */
  maxByteRate: number;
}

/** Deadlines of a session, ms; `Infinity` for none. */
export interface SessionTimeouts {
  /** Silence of the peer that ends an open session with 1001. Messages of actors do not count, bytes do. */
  idleTimeout: number;
  /** Time between pings to the peer. One that has sent nothing when the next is due is gone: the session ends. */
  heartbeat: number;
  /** How long a closing session waits for its peer, and for a handler that is still busy. */
  closeTimeout: number;
  /** How long an asynchronous `init` may take. */
  initTimeout: number;
}

const slowConsumerPolicies = ['close', 'drop-oldest', 'drop-newest', 'wait'] as const;

/**
 * What becomes of a frame for a peer that does not read, when `maxBuffered` is reached.
 *
 * - `close`: the session ends with 1013, error `slowConsumer`.
 * - `drop-oldest`: messages that have waited longest make room.
 * - `drop-newest`: the new one is dropped.
 * - `wait`: it is refused; and above `highWater` the handler is not called, so that replies wait for the peer.
 */
export type SlowConsumerPolicy = (typeof slowConsumerPolicies)[number];

const overRatePolicies = ['delay', 'drop', 'close'] as const;

/**
 * What becomes of a peer that sends faster than `maxMessageRate` or `maxByteRate` allow: it is not read for a while
 * (`delay`), what is too much is dropped, or the session ends with 1008.
 */
export type OverRatePolicy = (typeof overRatePolicies)[number];

/** How a session meets its peer, beside limits and deadlines. */
export interface SessionPolicies {
  /** Check that text and close reasons are UTF-8 (RFC 6455 §8.1). Default true. */
  validateUtf8: boolean;
  /** Default `close`. */
  slowConsumer: SlowConsumerPolicy;
  /** Default `delay`. */
  overRate: OverRatePolicy;
  /** Chunks of bytes to take from the transport at a time; the next are asked for when these have been dealt with. Default: no end. */
  activeN: number;
}

type Given<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

/** What can be told a session at its beginning, and changed later with the command `setOptions`. */
export interface SessionTuning extends Given<SessionTimeouts>, Given<SessionPolicies> {
  /** Defaults: {@link defaultLimits}. */
  readonly limits?: Given<SessionLimits> | undefined;
}

/** {@link SessionTuning} with every default filled in. Never changed: a session that changes its mind has another. */
export interface ResolvedTuning extends Readonly<SessionTimeouts>, Readonly<SessionPolicies> {
  readonly limits: Readonly<SessionLimits>;
}

/** Defaults of {@link SessionLimits}. */
export const defaultLimits: Readonly<SessionLimits> = {
  maxFrame: 16 * 1024 * 1024,
  maxMessage: 64 * 1024 * 1024,
  maxFragments: 128 * 1024, // a 4 MiB message in 64-byte fragments has half as many
  maxBuffered: 16 * 1024 * 1024,
  highWater: 1024 * 1024,
  lowWater: 256 * 1024,
  maxBacklog: 1024 * 1024,
  maxMailbox: 100_000,
  maxControlRate: 2000,
  maxMessageRate: Number.POSITIVE_INFINITY,
  maxByteRate: Number.POSITIVE_INFINITY,
};

/** Defaults of {@link SessionTimeouts}. */
export const defaultTimeouts: Readonly<SessionTimeouts> = {
  idleTimeout: 60_000,
  heartbeat: Number.POSITIVE_INFINITY,
  closeTimeout: 5_000,
  initTimeout: 15_000,
};

/** Defaults of {@link SessionPolicies}. */
export const defaultPolicies: Readonly<SessionPolicies> = {
  validateUtf8: true,
  slowConsumer: 'close',
  overRate: 'delay',
  activeN: Number.POSITIVE_INFINITY,
};

const defaultTuning: ResolvedTuning = { ...defaultTimeouts, ...defaultPolicies, limits: defaultLimits };

/**
 * Fill in what is not given from `base`. What is not changed is shared with it, and all sessions of a server share what
 * they were given in common.
 */
export function resolveTuning(tuning: SessionTuning, base: ResolvedTuning = defaultTuning): ResolvedTuning {
  const resolved = fillIn(tuning, base);
  if (base === defaultTuning && sameTuning(resolved, latest)) return latest;
  if (base === defaultTuning) latest = resolved;
  return resolved;
}

/** What the latest session was given. */
let latest: ResolvedTuning = defaultTuning;

function sameTuning(one: ResolvedTuning, other: ResolvedTuning): boolean {
  return (
    one.idleTimeout === other.idleTimeout &&
    one.heartbeat === other.heartbeat &&
    one.closeTimeout === other.closeTimeout &&
    one.initTimeout === other.initTimeout &&
    one.validateUtf8 === other.validateUtf8 &&
    one.slowConsumer === other.slowConsumer &&
    one.overRate === other.overRate &&
    one.activeN === other.activeN &&
    sameLimits(one.limits, other.limits)
  );
}

const tuningNames = Object.keys(defaultTuning);
const limitNames = Object.keys(defaultLimits);

const sameLimits = (one: SessionLimits, other: SessionLimits): boolean =>
  one === other || limitNames.every((name) => Reflect.get(one, name) === Reflect.get(other, name));

function fillIn(tuning: SessionTuning, base: ResolvedTuning): ResolvedTuning {
  return {
    idleTimeout: tuning.idleTimeout ?? base.idleTimeout,
    heartbeat: tuning.heartbeat ?? base.heartbeat,
    closeTimeout: tuning.closeTimeout ?? base.closeTimeout,
    initTimeout: tuning.initTimeout ?? base.initTimeout,
    validateUtf8: tuning.validateUtf8 ?? base.validateUtf8,
    slowConsumer: tuning.slowConsumer ?? base.slowConsumer,
    overRate: tuning.overRate ?? base.overRate,
    activeN: tuning.activeN ?? base.activeN,
    limits: tuning.limits === undefined ? base.limits : resolveLimits(tuning.limits, base.limits),
  };
}

function resolveLimits(limits: Given<SessionLimits>, base: Readonly<SessionLimits>): SessionLimits {
  return {
    maxFrame: limits.maxFrame ?? base.maxFrame,
    maxMessage: limits.maxMessage ?? base.maxMessage,
    maxFragments: limits.maxFragments ?? base.maxFragments,
    maxBuffered: limits.maxBuffered ?? base.maxBuffered,
    highWater: limits.highWater ?? base.highWater,
    lowWater: limits.lowWater ?? base.lowWater,
    maxBacklog: limits.maxBacklog ?? base.maxBacklog,
    maxMailbox: limits.maxMailbox ?? base.maxMailbox,
    maxControlRate: limits.maxControlRate ?? base.maxControlRate,
    maxMessageRate: limits.maxMessageRate ?? base.maxMessageRate,
    maxByteRate: limits.maxByteRate ?? base.maxByteRate,
  };
}

/**
 * Throws a `TypeError` for limits, timeouts and policies that cannot be, among other options: for a server to find out
 * when it starts rather than when somebody connects.
 */
export function assertTuning(options: SessionTuning): void {
  const illegal = describeIllegalTuning(options, 'othersAllowed');
  if (illegal !== undefined) throw new TypeError(illegal);
}

/**
 * Why a session cannot be tuned like this, in words, or `undefined` when it can.
 *
 * @param others names of further options that may stand there
 */
export function describeIllegalTuning(tuning: unknown, others?: 'othersAllowed'): string | undefined {
  if (typeof tuning !== 'object' || tuning === null) return 'options are an object';
  if (others === undefined) {
    const isUnknown = ([name, value]: [string, unknown]): boolean =>
      value !== undefined && !Object.hasOwn(defaultTuning, name);
    const [unknown] = Object.entries(tuning).find(isUnknown) ?? [];
    if (unknown !== undefined) return `${JSON.stringify(unknown)} is no option of a session`;
  }
  for (const name of tuningNames) {
    const value: unknown = Reflect.get(tuning, name);
    const illegal = value === undefined ? undefined : describeIllegalOption(name, value);
    if (illegal !== undefined) return illegal;
  }
  return undefined;
}

function describeIllegalOption(name: string, value: unknown): string | undefined {
  switch (name) {
    case 'limits':
      return describeIllegalLimits(value);
    case 'validateUtf8':
      return typeof value === 'boolean' ? undefined : `validateUtf8 is true or false, not ${inspect(value)}`;
    case 'slowConsumer':
      return describeIllegalChoice(name, slowConsumerPolicies, value);
    case 'overRate':
      return describeIllegalChoice(name, overRatePolicies, value);
    case 'activeN':
    case 'heartbeat':
      return isAmount(value) && value >= 1 ? undefined : `${name} is at least 1, not ${inspect(value)}`;
    default:
      return isAmount(value) ? undefined : `${name} is a number of ms, not ${inspect(value)}`;
  }
}

function describeIllegalLimits(limits: unknown): string | undefined {
  if (typeof limits !== 'object' || limits === null) return 'limits are an object';
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultLimits, name)) return `${JSON.stringify(name)} is no limit of a session`;
    if (value !== undefined && !isAmount(value)) return `${name} is a number, not ${inspect(value)}`;
  }
  return undefined;
}

function describeIllegalChoice(name: string, choices: readonly string[], value: unknown): string | undefined {
  const known = typeof value === 'string' && choices.includes(value);
  return known ? undefined : `${name} is one of ${choices.join(', ')}, not ${inspect(value)}`;
}

const isAmount = (value: unknown): value is number => typeof value === 'number' && value >= 0;

/** permessage-deflate as the handshake has agreed on it (RFC 7692 §7), and this side's own choices about it. */
export interface SessionCompression {
  readonly agreed: DeflateAgreement;
  readonly options?: DeflateOptions | undefined;
}
