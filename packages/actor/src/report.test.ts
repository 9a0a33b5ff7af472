import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createLogger,
  deliver,
  isReport,
  type LoggerOptions,
  type Report,
  type ReportLevel,
  reportChannel,
} from './report.ts';

const report = (overrides: Partial<Report> = {}): Report => ({
  level: 'info',
  event: 'session.closed',
  text: 'the peer went away',
  ...overrides,
});

/** A logger with its lines and a clock that stands still until it is moved. */
function loggerWith(options: LoggerOptions = {}) {
  const lines: string[] = [];
  const clock = { now: Date.UTC(2024, 0, 2, 3, 4, 5, 6) };
  const log = createLogger({ write: (line) => lines.push(line), now: () => clock.now, ...options });
  return { log, lines, clock };
}

afterEach(() => vi.restoreAllMocks());

describe('a logger', () => {
  it('writes level, event, text and particulars in one line', () => {
    const { log, lines } = loggerWith();
    log(report({ fields: { session: 'x:1', peer: undefined, port: 8080, secure: false } }));
    expect(lines).toEqual(['info session.closed the peer went away session=x:1 port=8080 secure=false']);
  });

  it('writes one JSON object a line on request, with the time', () => {
    const { log, lines } = loggerWith({ format: 'json' });
    log(report({ fields: { session: 'x:1', peer: undefined } }));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        time: '2024-01-02T03:04:05.006Z',
        level: 'info',
        event: 'session.closed',
        text: 'the peer went away',
        session: 'x:1',
      },
    ]);
    expect(lines[0]).not.toContain('\n');
  });

  it.each(['text', 'json'] as const)(
    'writes the stack of an Error, and shows what else was thrown, as %s',
    (format) => {
      const { log, lines } = loggerWith({ format });
      const error = new RangeError('too far');
      log(report({ level: 'error', error }));
      log(report({ level: 'error', error: { code: 7 } }));
      const [first = '', second = ''] = lines;
      const shown = (line: string): unknown => (format === 'json' ? JSON.parse(line).error : line);
      expect(shown(first)).toContain('RangeError: too far\n    at ');
      expect(shown(second)).toContain('{ code: 7 }');
    },
  );

  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ] as const)('set to %s writes %d of the four levels', (level, count) => {
    const { log, lines } = loggerWith({ level });
    const levels: ReportLevel[] = ['debug', 'info', 'warn', 'error'];
    for (const one of levels) log(report({ level: one }));
    expect(lines.map((line) => line.split(' ')[0])).toEqual(levels.slice(4 - count));
  });

  it('leaves debug out unless told otherwise', () => {
    const { log, lines } = loggerWith();
    log(report({ level: 'debug' }));
    expect(lines).toEqual([]);
  });

  it('writes at most so many lines of one event a second, and counts the rest in the next one', () => {
    const { log, lines, clock } = loggerWith({ perSecond: 3 });
    for (let i = 0; i < 10; i++) log(report({ text: `${i}` }));
    log(report({ event: 'other', text: 'not held back by the first' }));
    expect(lines).toHaveLength(4);
    clock.now += 999;
    log(report({ text: 'still too soon' }));
    expect(lines).toHaveLength(4);
    clock.now += 1;
    log(report({ text: 'again' }));
    log(report({ text: 'and again' }));
    expect(lines.slice(4)).toEqual(['info session.closed again suppressed=8', 'info session.closed and again']);
  });

  it('writes the count of suppressed lines as JSON too', () => {
    const { log, lines, clock } = loggerWith({ perSecond: 1, format: 'json' });
    log(report());
    log(report());
    clock.now += 1000;
    log(report());
    expect(lines.map((line) => JSON.parse(line).suppressed)).toEqual([undefined, 1]);
  });

  it('writes twenty lines of an event a second through console.error by default', () => {
    const write = vi.spyOn(console, 'error').mockImplementation(() => {});
    const log = createLogger({ now: () => 0 });
    for (let i = 0; i < 30; i++) log(report());
    expect(write).toHaveBeenCalledTimes(20);
    expect(write).toHaveBeenCalledWith('info session.closed the peer went away');
  });

  it('writes lines of its own for each event: a storm of crashes does not hide a refused handshake', () => {
    const { log, lines } = loggerWith({ perSecond: 1 });
    for (let i = 0; i < 5; i++) for (const event of ['a', 'b']) log(report({ event }));
    expect(lines).toHaveLength(2);
  });
});

describe('deliver', () => {
  it('hands the report on as it is', () => {
    const reports: Report[] = [];
    const one = report();
    deliver((given) => reports.push(given), one);
    expect(reports[0]).toBe(one);
  });

  it('survives a logger that throws, and tells of both on console.error', () => {
    const write = vi.spyOn(console, 'error').mockImplementation(() => {});
    deliver(() => {
      throw new Error('disk full');
    }, report());
    expect(write).toHaveBeenCalledOnce();
    const [line] = write.mock.calls[0] ?? [];
    expect(line).toContain('disk full');
    expect(line).toContain('info session.closed the peer went away');
  });
});

describe('the diagnostics channel of reports', () => {
  /** Subscribe until the test is over. */
  function subscribed(onMessage: (message: unknown) => void): void {
    subscribe(reportChannel, onMessage);
    onTestFinished(() => void unsubscribe(reportChannel, onMessage));
  }

  const throwing = (): never => {
    throw new Error('not my day');
  };

  it('has every report, of all levels, whatever becomes of it in the logger', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const messages: unknown[] = [];
    subscribed((message) => messages.push(message));
    const levels: ReportLevel[] = ['debug', 'info', 'warn', 'error'];
    const sent = levels.map((level) => report({ level }));
    for (const one of sent) deliver(createLogger({ level: 'error' }), one);
    const last = report();
    deliver(throwing, last);
    expect(messages).toEqual([...sent, last]);
    expect(messages.at(-1)).toBe(last);
    expect(messages.every(isReport)).toBe(true);
  });

  it('is left alone while nobody has subscribed', () => {
    const publish = vi.spyOn(channel(reportChannel), 'publish');
    deliver(() => {}, report());
    expect(publish).not.toHaveBeenCalled();
  });

  it('keeps what a subscriber throws from the others and from whoever reports: it is an uncaught exception', async () => {
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    onTestFinished(() => {
      for (const other of others) process.on('uncaughtException', other);
    });
    const messages: unknown[] = [];
    const logged: Report[] = [];
    subscribed(throwing);
    subscribed((message) => messages.push(message));
    const uncaught = once(process, 'uncaughtException');
    deliver((one) => logged.push(one), report());
    expect([logged.length, messages.length]).toEqual([1, 1]);
    expect((await uncaught)[0]).toEqual(new Error('not my day'));
  });

  it.each([
    undefined,
    null,
    'info',
    {},
    { ...report(), level: 'loud' },
    { ...report(), level: 'toString' },
    { ...report(), event: 7 },
    { level: 'info', event: 'x' },
  ])('may carry other things, such as %o, which are no reports', (message) => {
    expect(isReport(message)).toBe(false);
  });
});
