/** Measures sessions in a process of its own, and sends what it has found to its parent: `program.ts POPULATION ROUNDS`. */
import { measureSessions } from './sessions.ts';

const [population = 0, rounds = 0] = process.argv.slice(2).map(Number);
process.send?.(await measureSessions(population, rounds));
