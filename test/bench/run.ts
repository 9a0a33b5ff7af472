/** `pnpm bench [name]`: runs one of the measurements, `spawn` unless told otherwise. */
const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  spawn: () => import('./spawn.ts'),
  deflate: () => import('./deflate.ts'),
  idle: () => import('./idle.ts'),
};

const name = process.argv[2] ?? 'spawn';
const bench = benches[name];
if (bench === undefined) {
  console.error(`there is no bench ${name}; there are ${Object.keys(benches).join(', ')}`);
  process.exitCode = 1;
} else {
  await bench();
}
