import { readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second for every program, whatever the kernel's own clock. */
const ticksPerSecond = 100;

/** Seconds of CPU that a process has used so far, in all its threads, for itself and in the kernel. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may hold anything, blanks and parentheses too; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Seconds of CPU that the machine has not been idle so far, all processors together; what others took from it counts. */
export function busySeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen = 0] =
    /^cpu +.*/.exec(readFileSync('/proc/stat', 'latin1'))?.[0].split(/ +/).map(Number) ?? [];
  return (user + nice + system + interrupts + softInterrupts + stolen) / ticksPerSecond;
}

/** Bytes of memory that a process occupies. */
export function residentBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kibibytes) * 1024;
}

/** How many files, sockets among them, this process may have open: Node.js has raised the limit as far as it can. */
export function openFilesLimit(): number {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
