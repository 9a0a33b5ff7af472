import { sessionMachine } from '@genws/session';
import { History } from './process/history.ts';
import type { Chart } from './protocol.ts';
import { chartOf } from './session/chart.ts';
import { Census } from './sessions/census.ts';
import type { Sources } from './sources.ts';
import type { Redact } from './values/plain.ts';

/** What all viewers have in common. */
export class Observatory {
  readonly sources: Sources;
  readonly redact: Redact;
  readonly census: Census;
  readonly history: History;
  readonly title: string;
  readonly chart: Chart = chartOf(sessionMachine.root);

  constructor(sources: Sources, redact: Redact, title: string) {
    this.sources = sources;
    this.redact = redact;
    this.title = title;
    this.census = new Census(sources, redact);
    this.history = new History(redact);
  }
}
