/**
 * `pnpm bench` compares servers under every workload; `pnpm bench echo` under those whose names begin with that. Other
 * benches have names of their own: `spawn`, `deflate`, `idle`.
 */
import { compare } from './compare.ts';

const others: Readonly<Record<string, () => Promise<unknown>>> = {
  spawn: () => import('./spawn.ts'),
  deflate: () => import('./deflate.ts'),
  idle: () => import('./idle.ts'),
};

const [name = '', ...parameters] = process.argv.slice(2);
await (others[name]?.() ?? compare(name === '' ? [] : [name, ...parameters]));
