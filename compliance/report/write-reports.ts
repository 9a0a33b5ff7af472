import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentReport } from './agent-report.ts';
import { htmlReport } from './html.ts';
import { indexOf } from './index-json.ts';

/** Write `index.html`, `servers/index.json` and `clients/index.json` into a folder. Returns the page's path. */
export function writeReports(folder: string, reports: readonly AgentReport[]): string {
  for (const role of ['server', 'client'] as const) {
    const some = reports.filter((report) => report.role === role);
    if (some.length === 0) continue;
    const path = join(folder, `${role}s`);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'index.json'), `${JSON.stringify(indexOf(some), null, 2)}\n`);
  }
  const page = join(folder, 'index.html');
  mkdirSync(folder, { recursive: true });
  writeFileSync(page, htmlReport(reports));
  return page;
}
