import { channel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';

/** How much a report matters. What a peer causes is `info` at most; `error` means that code of ours or yours is at fault. */
export type ReportLevel = 'debug' | 'info' | 'warn' | 'error';

/** Something worth knowing, as data: never a payload, a cookie or a token. */
export interface Report {
  readonly level: ReportLevel;
  /** What happened: `session.crashed`, `handshake.refused`. */
  readonly event: string;
  /** The same for people, one line. */
  readonly text: string;
  /** What was thrown, with its stack. */
  readonly error?: unknown;
  /** Particulars: which session, which peer. */
  readonly fields?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** Where reports go. Must not throw; if it does, the report goes to `console.error` instead. */
export type Logger = (report: Report) => void;

/** How {@link createLogger} writes. */
export interface LoggerOptions {
  /** `text` for people, `json` for one JSON object a line. Default `text`. */
  readonly format?: 'text' | 'json';
  /** Reports below this level are dropped. Default `info`. */
  readonly level?: ReportLevel;
  /** Most lines of one event a second; what is dropped is counted in the next line. Default 20. */
  readonly perSecond?: number;
  /** Takes a finished line. Default `console.error`. */
  readonly write?: (line: string) => void;
  /** The time in ms. Default `Date.now`. */
  readonly now?: () => number;
}

const rank: Record<ReportLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A logger that writes lines, rate-limited per event so that neither a hostile peer nor a crash storm fills the disk. */
export function createLogger({
  format = 'text',
  level = 'info',
  perSecond = 20,
  write = (line) => console.error(line),
  now = Date.now,
}: LoggerOptions = {}): Logger {
  const windows = new Map<string, { since: number; lines: number; dropped: number }>();
  return (report) => {
    if (rank[report.level] < rank[level]) return;
    const time = now();
    const window = windows.get(report.event) ?? { since: time, lines: 0, dropped: 0 };
    windows.set(report.event, window);
    if (time - window.since >= 1000) {
      window.since = time;
      window.lines = 0;
    }
    if (window.lines >= perSecond) {
      window.dropped++;
      return;
    }
    window.lines++;
    const suppressed = window.dropped;
    window.dropped = 0;
    write(format === 'json' ? jsonLine(report, time, suppressed) : textLine(report, suppressed));
  };
}

/** The default: readable lines from `info` up, through `console.error`. */
export const consoleLogger: Logger = createLogger();

/**
 * The `node:diagnostics_channel` on which every report of this process is published, of all levels, whatever its logger
 * makes of it. Subscribers are called at once, one after the other, with the {@link Report}: see {@link isReport}. What
 * one throws disturbs neither the others nor whoever reports; Node.js raises it as an uncaught exception afterwards.
 */
export const reportChannel = 'genws:report';

const reports = channel(reportChannel);

/** Hand a report to a logger that may be somebody else's code, and to whoever has subscribed to {@link reportChannel}. */
export function deliver(logger: Logger, report: Report): void {
  try {
    logger(report);
  } catch (error) {
    console.error(`genws: the logger threw: ${inspect(error)}\n${textLine(report, 0)}`);
  }
  if (reports.hasSubscribers) reports.publish(report);
}

/** Whether a message is a report: a diagnostics channel passes on whatever it is given. */
export const isReport = (message: unknown): message is Report =>
  typeof message === 'object' &&
  message !== null &&
  'level' in message &&
  typeof message.level === 'string' &&
  Object.hasOwn(rank, message.level) &&
  'event' in message &&
  typeof message.event === 'string' &&
  'text' in message &&
  typeof message.text === 'string';

function textLine({ level, event, text, error, fields = {} }: Report, suppressed: number): string {
  const particulars = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${value}`,
  );
  if (suppressed > 0) particulars.push(`suppressed=${suppressed}`);
  const line = [level, event, text, ...particulars].join(' ');
  return error === undefined ? line : `${line}\n${stackOf(error)}`;
}

function jsonLine({ error, fields, ...report }: Report, time: number, suppressed: number): string {
  return JSON.stringify({
    time: new Date(time).toISOString(),
    ...report,
    ...fields,
    ...(suppressed > 0 ? { suppressed } : {}),
    ...(error === undefined ? {} : { error: stackOf(error) }),
  });
}

const stackOf = (error: unknown): string =>
  error instanceof Error && error.stack !== undefined ? error.stack : inspect(error);
