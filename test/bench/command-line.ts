import { parseArgs } from 'node:util';
import { type Contender, parsePeer } from './contenders/contender.ts';
import type { Effort } from './workloads/workload.ts';

export const usage = `pnpm bench [begin of a workload's name ...] [options]
  --only TEXT      workloads whose names contain this
  --rounds N       rounds of each contender (5)
  --seconds S      seconds of a round (1)
  --scale X        the share of the connections, for systems with few open files (1)
  --profile        what the servers spend their time on, instead of how fast they are
  --peer NAME=ws://HOST:PORT[,PID]   another server that takes part; may be repeated
  --out FOLDER     where the report goes (artifacts/bench)
pnpm bench spawn | deflate | idle    the other benches`;

/** What the comparison is to do. */
export interface Settings {
  readonly effort: Effort;
  readonly peers: readonly Contender[];
  readonly out: string;
  /** Of the files of the report: what was selected. */
  readonly stem: string;
  readonly selects: (workload: string) => boolean;
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/** Read the command line, or say what is wrong with it. */
export function parseCommandLine(parameters: readonly string[]): Settings | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(parameters);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { values, positionals } = parsed;
  const [rounds = 0, seconds = 0, scale = 0] = [values.rounds, values.seconds, values.scale].map(Number);
  if (!(Number.isInteger(rounds) && rounds > 0)) return '--rounds takes a whole number';
  if (!(seconds > 0 && scale > 0)) return '--seconds and --scale take positive numbers';
  const peers: Contender[] = [];
  for (const text of values.peer) {
    const peer = parsePeer(text);
    if (typeof peer === 'string') return peer;
    peers.push(peer);
  }
  const { only = '', out, profile } = values;
  return {
    effort: { rounds, seconds, scale, warmUp: 5, settling: 0.3, profile },
    peers,
    out,
    stem: (slug([...positionals, only].join(' ')) || 'all') + (profile ? '-profile' : ''),
    selects: (workload) =>
      workload.includes(only) && (positionals.length === 0 || positionals.some((begin) => workload.startsWith(begin))),
  };
}

const parse = (parameters: readonly string[]) =>
  parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1' },
      scale: { type: 'string', default: '1' },
      profile: { type: 'boolean', default: false },
      peer: { type: 'string', multiple: true, default: [] },
      out: { type: 'string', default: 'artifacts/bench' },
    },
  });
