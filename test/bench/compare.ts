import { parseCommandLine, usage } from './command-line.ts';
import { writeReport } from './report/files.ts';
import { judge, type Outcome } from './report/outcome.ts';
import { doubts, legend, tableHead, tableLines } from './report/table.ts';
import { catalogue } from './workloads/catalogue.ts';
import { profileMetrics } from './workloads/readings.ts';

function complain(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

/**
 * Puts all contenders under every workload that was asked for, and writes a report. Goals that are not reached are no
 * failure: a machine may be busy.
 */
export async function compare(parameters: readonly string[]): Promise<void> {
  if (process.platform !== 'linux') return complain('CPU time of servers is read from /proc, which only Linux has');
  const settings = parseCommandLine(parameters);
  if (typeof settings === 'string') return complain(`${settings}\n\n${usage}`);
  const { profile = false } = settings.effort;
  const workloads = catalogue.filter(({ name, atRest = false }) => settings.selects(name) && !(profile && atRest));
  if (workloads.length === 0) {
    return complain(`there is no such workload; there are\n${catalogue.map(({ name }) => `  ${name}`).join('\n')}`);
  }
  const outcomes: Outcome[] = [];
  for (const line of tableHead) console.log(line);
  for (const workload of workloads) {
    try {
      const findings = await workload.measure(settings.effort, settings.peers);
      const outcome = judge(profile ? { ...workload, shown: profileMetrics, goals: [] } : workload, findings);
      outcomes.push(outcome);
      for (const line of tableLines(outcome)) console.log(line);
    } catch (error) {
      complain(`${workload.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.log(`\n${legend}\n`);
  for (const doubt of doubts(outcomes)) console.log(doubt);
  for (const path of writeReport(settings.out, settings.stem, settings.effort, outcomes)) console.log(path);
}
