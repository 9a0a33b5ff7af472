import type { Plain } from './protocol.ts';

/** What a value is part of. */
export type Place = 'payload' | 'state' | 'message' | 'exit' | 'error';

/**
 * Decides what of a value may be seen: returns it, a part of it, or something in its place. What it throws hides all.
 */
export type Redact = (value: unknown, place: Place) => unknown;

/** Stands for a value of which only this much is said. */
class Hidden {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Says what kind of value is there and how large it is, and nothing of what it holds. */
export const hideAll: Redact = (value) => {
  if (typeof value === 'string') return new Hidden(`text of ${value.length} characters`);
  if (value instanceof Uint8Array) return new Hidden(`${value.length} bytes`);
  if (Array.isArray(value)) return new Hidden(`list of ${value.length}`);
  if (typeof value === 'object' && value !== null) return new Hidden(nameOf(value));
  return value === undefined || value === null ? value : new Hidden(typeof value);
};

const maxDepth = 6;
const maxEntries = 100;
const maxText = 2000;
/** Of all objects of one value together. */
const maxAltogether = 1000;

/** A value as the page shows it: cut to a size, cycles included, and without running any of its getters. */
export function plainOf(value: unknown, place: Place, redact: Redact): Plain {
  try {
    return describe(redact(value, place), 0, { left: maxAltogether });
  } catch {
    return { type: 'hidden', value: 'could not be shown' };
  }
}

interface Budget {
  left: number;
}

function describe(value: unknown, depth: number, budget: Budget): Plain {
  switch (typeof value) {
    case 'string':
      return { type: 'text', value: cut(value) };
    case 'number':
    case 'bigint':
      return { type: 'number', value: `${value}${typeof value === 'bigint' ? 'n' : ''}` };
    case 'boolean':
    case 'undefined':
      return { type: 'word', value: `${value}` };
    case 'symbol':
      return { type: 'word', value: cut(value.toString()) };
    case 'function':
      return { type: 'word', value: cut(`function ${value.name}`) };
    default:
      return typeof value === 'object' && value !== null
        ? describeObject(value, depth, budget)
        : { type: 'word', value: 'null' };
  }
}

function describeObject(value: object, depth: number, budget: Budget): Plain {
  if (value instanceof Hidden) return { type: 'hidden', value: value.text };
  if (value instanceof Uint8Array) return { type: 'word', value: cut(`${value.length} bytes ${hexOf(value)}`) };
  if (value instanceof Error) return { type: 'text', value: cut(value.stack ?? `${value.name}: ${value.message}`) };
  if (value instanceof Date)
    return { type: 'word', value: Number.isNaN(value.getTime()) ? 'no date' : value.toISOString() };
  if (depth >= maxDepth || budget.left <= 0) return { type: 'hidden', value: nameOf(value) };
  const entries: [string, Plain][] = [];
  let more = 0;
  for (const [key, part] of partsOf(value)) {
    if (entries.length >= maxEntries || budget.left <= 0) more++;
    else {
      budget.left--;
      entries.push([cut(key), describe(part, depth + 1, budget)]);
    }
  }
  return { type: 'object', name: nameOf(value), entries, more };
}

function* partsOf(value: object): Generator<[key: string, value: unknown]> {
  if (value instanceof Map) for (const [key, part] of value) yield [String(key), part];
  else if (value instanceof Set) for (const part of value) yield ['', part];
  else {
    for (const [key, { value: part, get }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      if (!(Array.isArray(value) && key === 'length')) yield [key, get === undefined ? part : new Hidden('computed')];
    }
  }
}

function nameOf(value: object): string {
  const { constructor: made } = value;
  return typeof made === 'function' && made.name !== '' ? made.name : 'Object';
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 32)).toString('hex');

const cut = (text: string): string => (text.length > maxText ? `${text.slice(0, maxText)}…` : text);
