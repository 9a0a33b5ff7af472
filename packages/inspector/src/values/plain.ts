import { types } from 'node:util';
import type { Plain } from '../protocol.ts';
import { isError, nameOf, partsOf, stackOf, valueAt } from './value-parts.ts';

/**
 * What a value is part of. An `error` is one that was thrown, or the text of a report about it; a `query` stands behind
 * the path of a request, with tickets and tokens in it.
 */
export type Place = 'payload' | 'state' | 'message' | 'exit' | 'error' | 'query';

/**
 * Decides what of a value may be seen: returns it, a part of it, or something in its place. What it throws hides all.
 */
export type Redact = (value: unknown, place: Place) => unknown;

/** Stands for a value of which only this much is said. */
class Hidden {
  readonly text: string;
  readonly #made = true;

  constructor(text: string) {
    this.text = text;
  }

  static is(value: object): value is Hidden {
    return #made in value;
  }
}

/** Says what kind of value is there and how large it is, and nothing of what it holds. */
export const hideAll: Redact = (value, place) => {
  if (typeof value === 'string') return new Hidden(`text of ${value.length} characters`);
  if (typeof value !== 'object' || value === null)
    return value === undefined || value === null ? value : new Hidden(typeof value);
  if (types.isProxy(value)) return new Hidden('Proxy');
  if (types.isUint8Array(value)) return new Hidden(`${value.length} bytes`);
  if (Array.isArray(value)) return new Hidden(`list of ${value.length}`);
  const kind = place === 'exit' ? valueAt(value, 'type') : undefined; // `crash`, `remote`
  return new Hidden(typeof kind === 'string' ? kind : nameOf(value));
};

const maxDepth = 6;
const maxEntries = 100;
const maxText = 2000;

/** What there is room for in one value altogether: parts of objects, and characters. */
interface Room {
  parts: number;
  characters: number;
}

/** A value as the page shows it: cut to a size, cycles included, and without running any of its code. */
export function plainOf(value: unknown, place: Place, redact: Redact): Plain {
  try {
    return describe(redact(value, place), 0, { parts: 1000, characters: 20_000 });
  } catch {
    return { type: 'hidden', value: 'could not be shown' };
  }
}

function describe(value: unknown, depth: number, room: Room): Plain {
  switch (typeof value) {
    case 'string':
      return { type: 'text', value: cut(value, room) };
    case 'number':
    case 'bigint':
      return { type: 'number', value: cut(`${value}${typeof value === 'bigint' ? 'n' : ''}`, room) };
    case 'boolean':
    case 'undefined':
      return { type: 'word', value: `${value}` };
    case 'symbol':
      return { type: 'word', value: cut(value.toString(), room) };
    case 'function':
      return { type: 'word', value: cut(`function ${functionName(value)}`, room) };
    default:
      return typeof value === 'object' && value !== null
        ? describeObject(value, depth, room)
        : { type: 'word', value: 'null' };
  }
}

function describeObject(value: object, depth: number, room: Room): Plain {
  if (types.isProxy(value)) return { type: 'hidden', value: 'Proxy' };
  if (Hidden.is(value)) return { type: 'hidden', value: cut(value.text, room) };
  if (types.isUint8Array(value)) return { type: 'word', value: cut(`${value.length} bytes ${hexOf(value)}`, room) };
  if (ArrayBuffer.isView(value)) return { type: 'word', value: `${nameOf(value)} of ${value.byteLength} bytes` };
  if (isError(value)) return { type: 'text', value: cut(stackOf(value), room) };
  if (types.isDate(value)) return { type: 'word', value: dateText(value) };
  if (depth >= maxDepth || room.parts <= 0) return { type: 'hidden', value: nameOf(value) };
  const { size, parts } = partsOf(value);
  const entries: [string, Plain][] = [];
  for (const [key, part] of parts) {
    if (entries.length >= maxEntries || room.parts <= 0) break;
    room.parts--;
    const inner: Plain = part.computed ? { type: 'hidden', value: 'computed' } : describe(part.value, depth + 1, room);
    entries.push([cut(key, room), inner]);
  }
  return { type: 'object', name: nameOf(value), entries, more: size - entries.length };
}

function functionName(value: object): string {
  const name = types.isProxy(value) ? '' : valueAt(value, 'name');
  return typeof name === 'string' ? name : '';
}

function dateText(date: Date): string {
  const time = Date.prototype.getTime.call(date);
  return Number.isNaN(time) ? 'no date' : new Date(time).toISOString();
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 32)).toString('hex');

function cut(text: string, room: Room): string {
  const most = Math.min(maxText, room.characters);
  room.characters -= Math.min(text.length, most);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
