import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Messages of one kind, in the order in which a connection carries them: more of them than any window holds. */
export interface Traffic {
  readonly name: string;
  readonly messages: readonly Buffer[];
}

/** Numbers from 0 to below 1, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = seeded(7692);
const whole = (below: number): number => Math.floor(random() * below);
const pick = (from: readonly string[]): string => from[whole(from.length)] ?? '';

const top = resolve(import.meta.dirname, '../../..');

const read = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: top, exclude: ['**/node_modules', '**/dist'] })
    .sort()
    .map((path) => readFileSync(resolve(top, path), 'utf8'));
const documents = read('*.md', 'docs/*.md').map((text) => text.replace(/```[\s\S]*?```/g, ''));
const docstrings = read('packages/*/src/**/*.ts').flatMap((code) =>
  [...code.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([comment]) => comment.replace(/\s+\*\/? ?/g, ' ')),
);

/** Prose that people wrote: the sentences of this repository's documents and docstrings, shuffled. */
const sentences: readonly string[] = [...documents, ...docstrings]
  .flatMap((text) => text.split(/\n+|(?<=[.:;]) /).map((line) => line.trim()))
  .filter((line) => /^[A-Za-z]/.test(line) && line.length >= 20 && line.length < 400)
  .map((line) => ({ line, place: random() }))
  .sort((left, right) => left.place - right.place)
  .map(({ line }) => line);

let said = 0;
/** The next sentence. None comes back until all have been said: prose does not repeat itself. */
const sentence = (): string => sentences[said++ % sentences.length] ?? '';

const names = 'ada joe robert mike kerstin ulf claes bjarne mary lars francesco simon'.split(' ');

const repeat = (count: number, make: (index: number) => string | Uint8Array): Buffer[] =>
  Array.from({ length: count }, (_, index) => {
    const made = make(index);
    return typeof made === 'string' ? Buffer.from(made) : Buffer.from(made);
  });

/** Chat messages in JSON. */
export const chat: Traffic = {
  name: 'chat JSON, 100 B',
  messages: repeat(400, (id) =>
    JSON.stringify({ type: 'msg', room: `r${whole(20)}`, from: pick(names), id, text: sentence().slice(0, 45) }),
  ),
};

const item = (id: number): string =>
  JSON.stringify({
    id: 4_000_000 + id * 17 + whole(16),
    author: `${pick(names)}.${whole(400)}`,
    createdAt: new Date(1_750_000_000_000 + id * 61_000 + whole(60_000)).toISOString(),
    subject: sentence().slice(0, 60),
    votes: whole(500),
    score: Number((random() * 100).toFixed(3)),
    tags: [pick(names), pick(names)],
    unread: random() < 0.3,
    body: sentence(),
  });

/** Lists of items in JSON, cut off at a size in bytes. */
export function json(size: number): Traffic {
  const messages = repeat(Math.max(2, Math.ceil(65_536 / size)), (index) => {
    let text = '[';
    for (let id = 0; text.length < size; id++) text += `${item(index * 1000 + id)},`;
    return Buffer.from(text).subarray(0, size);
  });
  return { name: `JSON, ${size} B`, messages };
}

function updates(): Traffic {
  const prices = names.map(() => 50 + random() * 100);
  const messages = repeat(500, (index) => {
    const moved = whole(prices.length);
    const price = (prices[moved] ?? 0) * (0.99 + random() / 50);
    prices[moved] = price;
    const bid = Number(price.toFixed(4));
    const ask = Number((price * 1.0005).toFixed(4));
    const time = 1_750_000_000_000 + index * 250 + whole(200);
    return JSON.stringify({ channel: 'ticker', symbol: names[moved], bid, ask, volume: whole(100_000), time });
  });
  return { name: 'JSON updates, 105 B', messages };
}

function fragments(): Traffic {
  const row = (id: number): string =>
    `<li class="item item--${pick(['new', 'read', 'starred'])}" id="item-${id}" data-votes="${whole(500)}">` +
    `<a class="item__title" href="/items/${id}">${sentence().slice(0, 50)}</a>` +
    `<p class="item__body">${sentence()}</p><span class="item__author">${pick(names)}</span></li>\n`;
  const messages = repeat(24, (index) => {
    const rows = Array.from({ length: 3 + whole(75) }, (_, id) => row(index * 100 + id));
    return `<ul class="items">\n${rows.join('')}</ul>`;
  });
  return { name: 'HTML, 1 to 20 KiB', messages };
}

/** Positions of bodies as 32-bit floats; a third of the bodies moves at a time. */
function positions(): Traffic {
  const bodies = Array.from({ length: 30 }, () => ({ x: random() * 1000, y: random() * 1000, angle: random() * 6 }));
  const messages = repeat(160, (tick) => {
    const packet = Buffer.alloc(4 + bodies.length * 14);
    packet.writeUInt32LE(tick);
    for (const [index, body] of bodies.entries()) {
      if (index % 3 === tick % 3) {
        body.x += random() - 0.5;
        body.y += random() - 0.5;
        body.angle += 0.1;
      }
      const offset = 4 + index * 14;
      packet.writeUInt16LE(index, offset);
      packet.writeFloatLE(body.x, offset + 2);
      packet.writeFloatLE(body.y, offset + 6);
      packet.writeFloatLE(body.angle, offset + 10);
    }
    return packet;
  });
  return { name: 'floats, 424 B', messages };
}

/** What connections carry. */
export const kinds: readonly Traffic[] = [
  chat,
  updates(),
  { name: 'prose, 140 B', messages: repeat(400, () => `${sentence()} ${sentence()}`) },
  json(1024),
  fragments(),
  positions(),
];
