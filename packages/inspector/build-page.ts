/** Builds the inspector's page into `dist/page`: a program, and what the tests run before they begin. */
import { join } from 'node:path';
import { build } from 'vite';

/** Build the page. */
export default async function buildPage(): Promise<void> {
  await build({ configFile: join(import.meta.dirname, 'vite.config.ts'), logLevel: 'error' });
}

if (import.meta.main) await buildPage();
