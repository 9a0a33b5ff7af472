import { describe, expect, it } from 'vitest';
import {
  assertTuning,
  defaultLimits,
  defaultPolicies,
  defaultTimeouts,
  describeIllegalTuning,
  resolveTuning,
  type SessionTuning,
} from './options.ts';

const mebibyte = 1024 * 1024;

describe('the options of a session', () => {
  it('are these by default', () => {
    expect(defaultLimits).toEqual({
      maxFrame: 16 * mebibyte,
      maxMessage: 64 * mebibyte,
      maxFragments: 131_072,
      maxBuffered: 16 * mebibyte,
      highWater: mebibyte,
      lowWater: 256 * 1024,
      maxBacklog: mebibyte,
      maxMailbox: 100_000,
      maxControlRate: 2000,
      maxMessageRate: Infinity,
      maxByteRate: Infinity,
    });
    expect(defaultTimeouts).toEqual({
      idleTimeout: 60_000,
      heartbeat: Infinity,
      closeTimeout: 5000,
      initTimeout: 15_000,
    });
    expect(defaultPolicies).toEqual({
      validateUtf8: true,
      slowConsumer: 'close',
      overRate: 'delay',
      activeN: Infinity,
    });
    expect(resolveTuning({})).toEqual({ ...defaultTimeouts, ...defaultPolicies, limits: defaultLimits });
  });

  const other: Required<SessionTuning> = {
    idleTimeout: 1,
    heartbeat: 2,
    closeTimeout: 3,
    initTimeout: 4,
    validateUtf8: false,
    slowConsumer: 'drop-oldest',
    overRate: 'close',
    activeN: 5,
    limits: {
      maxFrame: 10,
      maxMessage: 11,
      maxFragments: 12,
      maxBuffered: 13,
      highWater: 14,
      lowWater: 15,
      maxBacklog: 16,
      maxMailbox: 17,
      maxControlRate: 18,
      maxMessageRate: 19,
      maxByteRate: 20,
    },
  };

  it('may all be chosen', () => {
    expect(Object.keys(other.limits ?? {})).toEqual(Object.keys(defaultLimits));
    expect(resolveTuning(other)).toEqual(other);
    expect(describeIllegalTuning(other)).toBeUndefined();
  });

  const single: SessionTuning[] = [
    ...Object.entries(other).flatMap(([name, value]) => (name === 'limits' ? [] : [{ [name]: value }])),
    ...Object.entries(other.limits ?? {}).map(([name, value]) => ({ limits: { [name]: value } })),
  ];

  it.each(single)('may be chosen one by one: %j leaves the others as they were', (tuning) => {
    const base = resolveTuning({ idleTimeout: 77, limits: { maxFrame: 88 } });
    const { limits, ...rest } = tuning;
    expect(resolveTuning(tuning, base)).toEqual({ ...base, ...rest, limits: { ...base.limits, ...limits } });
    expect(base).toEqual(resolveTuning({ idleTimeout: 77, limits: { maxFrame: 88 } }));
  });

  it('that are undefined are as if they were not there', () => {
    const base = resolveTuning(other);
    expect(resolveTuning({ limits: undefined }, base)).toEqual(base);
    const unset = Object.fromEntries(Object.keys(other).map((name) => [name, undefined]));
    expect(resolveTuning(unset, base)).toEqual(base);
    expect(describeIllegalTuning(unset)).toBeUndefined();
    const limits = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, undefined]));
    expect(resolveTuning({ limits }, base)).toEqual(base);
    expect(describeIllegalTuning({ limits })).toBeUndefined();
  });

  it('share the limits of all sessions as long as none is changed', () => {
    expect(resolveTuning({ idleTimeout: 1 }).limits).toBe(defaultLimits);
    const base = resolveTuning(other);
    expect(resolveTuning({ heartbeat: 1 }, base).limits).toBe(base.limits);
  });

  it.each([
    ['idleTimeout', 0],
    ['idleTimeout', Infinity],
    ['closeTimeout', 0],
    ['initTimeout', 0.5],
    ['heartbeat', 1],
    ['heartbeat', Infinity],
    ['activeN', 1],
    ['activeN', Infinity],
  ])('allow %s %d', (name, value) => {
    expect(describeIllegalTuning({ [name]: value })).toBeUndefined();
  });

  it.each([0, 1, 0.001, Infinity])('allow any limit to be %d', (value) => {
    for (const name of Object.keys(defaultLimits))
      expect(describeIllegalTuning({ limits: { [name]: value } })).toBeUndefined();
  });
});

/** What may not be, and what is said of it. */
const illegal: readonly (readonly [unknown, string])[] = [
  [undefined, 'options are an object'],
  [null, 'options are an object'],
  ['idleTimeout', 'options are an object'],
  [{ idleTimeout: -1 }, 'idleTimeout is a number of ms, not -1'],
  [{ idleTimeout: Number.NaN }, 'idleTimeout is a number of ms, not NaN'],
  [{ idleTimeout: '5000' }, "idleTimeout is a number of ms, not '5000'"],
  [{ idleTimeout: null }, 'idleTimeout is a number of ms, not null'],
  [{ idleTimeout: 5n }, 'idleTimeout is a number of ms, not 5n'],
  [{ closeTimeout: -0.1 }, 'closeTimeout is a number of ms, not -0.1'],
  [{ initTimeout: new Date(0) }, 'initTimeout is a number of ms, not 1970-01-01T00:00:00.000Z'],
  [{ initTimeout: Object.create(null) }, 'initTimeout is a number of ms, not [Object: null prototype] {}'],
  [{ heartbeat: 0 }, 'heartbeat is at least 1, not 0'],
  [{ heartbeat: false }, 'heartbeat is at least 1, not false'],
  [{ activeN: 0.5 }, 'activeN is at least 1, not 0.5'],
  [{ activeN: 'once' }, "activeN is at least 1, not 'once'"],
  [{ validateUtf8: 1 }, 'validateUtf8 is true or false, not 1'],
  [{ slowConsumer: 'drop' }, "slowConsumer is one of close, drop-oldest, drop-newest, wait, not 'drop'"],
  [{ slowConsumer: Symbol('wait') }, 'slowConsumer is one of close, drop-oldest, drop-newest, wait, not Symbol(wait)'],
  [{ overRate: 'wait' }, "overRate is one of delay, drop, close, not 'wait'"],
  [{ overRate: ['drop'] }, "overRate is one of delay, drop, close, not [ 'drop' ]"],
  [{ limits: 5 }, 'limits are an object'],
  [{ limits: null }, 'limits are an object'],
  [{ limits: { maxFrame: -1 } }, 'maxFrame is a number, not -1'],
  [{ limits: { maxMessage: '1 MiB' } }, "maxMessage is a number, not '1 MiB'"],
  [{ limits: { maxBuffered: null } }, 'maxBuffered is a number, not null'],
  [{ limits: { maxByteRate: Number.NaN } }, 'maxByteRate is a number, not NaN'],
  [{ limits: { maxFrames: 1 } }, '"maxFrames" is no limit of a session'],
  [{ limits: { toString: 1 } }, '"toString" is no limit of a session'],
  [{ maxFrame: 1 }, '"maxFrame" is no option of a session'],
  [{ constructor: 1 }, '"constructor" is no option of a session'],
  [{ heartBeat: 1, idleTimeout: -1 }, '"heartBeat" is no option of a session'],
];

describe('options that cannot be', () => {
  it.each(illegal)('%o: %s', (tuning, words) => {
    expect(describeIllegalTuning(tuning)).toBe(words);
  });

  it('may have others among them where that is asked for, and are found all the same', () => {
    const mixed = { role: 'server', transport: {}, handlerOpts: null, limits: { maxFrame: 1 } };
    expect(describeIllegalTuning(mixed, 'othersAllowed')).toBeUndefined();
    expect(describeIllegalTuning({ ...mixed, idleTimeout: -1 }, 'othersAllowed')).toBe(
      'idleTimeout is a number of ms, not -1',
    );
    expect(describeIllegalTuning({ ...mixed, limits: { max: 1 } }, 'othersAllowed')).toBe(
      '"max" is no limit of a session',
    );
  });

  it('are a TypeError where a programmer has given them', () => {
    expect(() => assertTuning({ idleTimeout: -1 })).toThrow(new TypeError('idleTimeout is a number of ms, not -1'));
    const listening = { port: 80, idleTimeout: 5 };
    expect(() => assertTuning(listening)).not.toThrow();
  });
});
