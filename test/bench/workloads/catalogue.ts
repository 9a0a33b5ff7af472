import { connectionWorkloads } from './connections.ts';
import { echoes } from './echo.ts';
import { inspection } from './inspected.ts';
import { multiplexing } from './multiplexed.ts';
import { neighbours } from './neighbours.ts';
import { sessions } from './sessions.ts';
import type { Workload } from './workload.ts';

/** Everything that is measured, in the order of the table. */
export const catalogue: readonly Workload[] = [
  ...echoes,
  ...connectionWorkloads,
  ...multiplexing,
  ...neighbours,
  ...inspection,
  sessions,
];
