/** A chat room: nicknames, comings and goings, a live count, and the page for it. `PORT` (8080) is where. */
import { broadcast, createGroup, defineHandler, join, leave, listen, type OutboundFrame, prepare, text } from 'genws';
import { type ChatEvent, parseMessage, uniqueName } from './chat-page/protocol.ts';
import { servePage } from './chat-page/serve-page.ts';

const room = createGroup<OutboundFrame>();
const names = new Set<string>();

const encode = (event: ChatEvent) => text(JSON.stringify(event));
const announce = (event: ChatEvent) => broadcast(room, prepare(encode(event))); // encoded once, sent to all

const visitor = defineHandler({
  init(request, _opts, self) {
    const name = uniqueName(new URL(request.path, 'ws://chat').searchParams.get('name') ?? '', names);
    names.add(name);
    announce({ type: 'joined', name, count: room.size + 1 });
    join(room, self);
    return ['reply', encode({ type: 'welcome', name, count: room.size }), name];
  },
  handleIn(frame, name) {
    if (frame.type !== 'text' && frame.type !== 'binary') return ['ok', name];
    const message = parseMessage(frame);
    if (!message.ok) return ['reply', encode({ type: 'error', reason: message.reason }), name];
    announce({ type: 'message', name, text: message.text });
    return ['ok', name];
  },
  handleInfo: (frame: OutboundFrame, name) => ['reply', frame, name],
  terminate(_reason, name, self) {
    names.delete(name);
    leave(room, self);
    announce({ type: 'left', name, count: room.size });
  },
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
console.log(`chat on http://localhost:${server.port}/`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());
