/**
 * An echo server with the inspector mounted, unless `INSPECTOR=none`. With `INSPECTOR=watched` a page, played by another
 * process, looks at all its views, and at a session that nobody measures.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { mountInspector } from '@genws/inspector';
import { defineHandler, listen } from 'genws';

const { PORT = 0, INSPECTOR = 'mounted' } = process.env;

const handler = defineHandler({
  init: () => ['ok', null],
  handleIn: (frame, state) => (frame.type === 'text' ? ['reply', frame, state] : ['ok', state]),
});

const server = await listen({ port: Number(PORT), handler });
if (INSPECTOR !== 'none') await mountInspector(server, { servers: { echo: server } });
if (INSPECTOR === 'watched') {
  const page = spawn(process.execPath, [fileURLToPath(new URL('./inspecting-page.ts', import.meta.url)), server.url]);
  await new Promise((resolve) => page.stdout.once('data', resolve));
  process.once('exit', () => page.kill());
}
console.log(`listening on ${server.url}`);
