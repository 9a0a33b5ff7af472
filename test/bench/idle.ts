/**
 * What an idle connection holds, with compression in several forms and without: `pnpm bench idle [connections]`. Each
 * connection receives and sends enough messages to fill the largest window, and is then left alone. The server runs in a
 * process of its own; needs an open-files limit (`ulimit -n`) of a little more than the connections.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { deflateRawSync, constants as zlib } from 'node:zlib';
import type { DeflateOptions } from 'genws';
import { fromClient } from '../support/raw-frame.ts';
import { Child } from './child.ts';
import type { IdleReport, IdleSettings } from './idle-server.ts';

interface Variant {
  readonly name: string;
  readonly compress: boolean | DeflateOptions;
  readonly hibernates?: boolean;
}

const noTakeover = { serverNoContextTakeover: true, clientNoContextTakeover: true };
const variants: readonly Variant[] = [
  { name: 'no compression', compress: false },
  { name: 'windows of 15 bits', compress: { threshold: 0 } },
  { name: 'windows of 15 bits, hibernating', compress: { threshold: 0 }, hibernates: true },
  { name: 'windows of 12 bits', compress: { threshold: 0, serverMaxWindowBits: 12, clientMaxWindowBits: 12 } },
  { name: 'no context takeover', compress: { threshold: 0, ...noTakeover } },
];

const messages = 40;
const offer = 'permessage-deflate; client_max_window_bits';

/** Messages of about 1 KiB that have little in common; together more than the largest window. */
function conversation(compressed: boolean): Buffer {
  const frames = Array.from({ length: messages }, (_, i) => {
    const text = JSON.stringify(
      Array.from({ length: 60 }, (_, j) => ({ id: i * 60 + j, at: Math.sin(i * 60 + j) })),
    ).slice(0, 1024);
    if (!compressed) return fromClient({ opcode: 1, payload: text });
    const payload = deflateRawSync(text, { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
    return fromClient({ opcode: 1, rsv: 4, payload });
  });
  return Buffer.concat(frames);
}

async function openClient(port: number, compressed: boolean): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  const lines = [
    'GET / HTTP/1.1',
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...(compressed ? [`Sec-WebSocket-Extensions: ${offer}`] : []),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  socket.resume();
  return socket;
}

async function measure({ compress, hibernates = false }: Variant, connections: number): Promise<string[]> {
  const settings: IdleSettings = { compress, hibernates };
  const program = fileURLToPath(new URL('./idle-server.ts', import.meta.url));
  await using server = new Child(program, { parameters: [JSON.stringify(settings)], flags: ['--expose-gc'] });
  const ready = await server.receive<{ port: number }>();
  const before = await server.ask<IdleReport>('memory');
  const clients: Socket[] = [];
  while (clients.length < connections) {
    const batch = Array.from({ length: Math.min(100, connections - clients.length) }, () =>
      openClient(ready.port, compress !== false),
    );
    clients.push(...(await Promise.all(batch)));
  }
  const talk = conversation(compress !== false);
  for (const client of clients) {
    client.write(talk);
    await new Promise(setImmediate);
  }
  while ((await server.ask<IdleReport>('handled')).handled < connections * messages) await new Promise(setImmediate);
  const after = await server.ask<IdleReport>('memory');
  for (const client of clients) client.destroy();
  const each = (key: 'rss' | 'heap' | 'buffers'): string =>
    String(Math.round((after[key] - before[key]) / connections));
  return [each('heap'), each('buffers'), each('rss')];
}

const connections = Number(process.argv[3] ?? 10_000);
if (!(Number.isInteger(connections) && connections > 0))
  throw new RangeError('pnpm bench idle takes a count of connections');
console.log(`| ${connections} idle connections | heap B | buffers B | RSS B |`);
console.log('| --- | ---: | ---: | ---: |');
for (const variant of variants) {
  console.log(`| ${[variant.name, ...(await measure(variant, connections))].join(' | ')} |`);
}
