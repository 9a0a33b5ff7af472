/**
 * A chat room: nicknames, comings and goings, a live count, and the page for it. `PORT` (8080) is where. At /inspector, for
 * browsers on this machine, its sessions can be watched.
 */
import { mountInspector } from '@genws/inspector';
import { createRegistry, defineHandler, listen, publish, register, type SessionRef, text, whereis } from 'genws';
import { type ChatEvent, parseMessage, uniqueName } from './chat-page/protocol.ts';
import { servePage } from './chat-page/serve-page.ts';

const people = createRegistry<string, SessionRef>({ keys: 'unique' }); // who ends has left

const encode = (event: ChatEvent) => text(JSON.stringify(event));
const announce = (event: ChatEvent, except?: SessionRef) =>
  publish(server.sessions.children(), encode(event), { except }); // encoded once, sent to all

const visitor = defineHandler({
  name: 'visitor',
  init(request, _opts, self) {
    const wanted = new URL(request.path, 'ws://chat').searchParams.get('name') ?? '';
    const name = uniqueName(wanted, (taken) => whereis(people, taken) !== undefined);
    register(people, name, self);
    announce({ type: 'joined', name, count: people.size }, self);
    return ['reply', encode({ type: 'welcome', name, count: people.size }), name];
  },
  handleIn(frame, name) {
    if (frame.type !== 'text' && frame.type !== 'binary') return ['ok', name];
    const message = parseMessage(frame);
    if (!message.ok) return ['reply', encode({ type: 'error', reason: message.reason }), name];
    announce({ type: 'message', name, text: message.text });
    return ['ok', name];
  },
  terminate: (_reason, name, self) => void announce({ type: 'left', name, count: people.size - 1 }, self),
});

const port = Number(process.env.PORT ?? 8080);
const server = await listen({
  port,
  path: '/chat',
  handler: visitor,
  request: servePage,
  limits: { maxFrame: 65_536, maxMessage: 65_536 },
  heartbeat: 20_000, // who answers pings may be silent for as long as they like
}).catch((error: NodeJS.ErrnoException) => {
  const taken = `port ${port} is taken: end what listens there, or choose another with PORT`;
  console.error(error.code === 'EADDRINUSE' ? taken : `cannot listen: ${error.message}`);
  process.exit(1);
});
const inspector = await mountInspector(server, { title: 'chat', servers: { chat: server }, redact: (value) => value });
console.log(`chat on http://localhost:${server.port}/\ninspector on ${inspector.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());
