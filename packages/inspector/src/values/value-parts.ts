import { types } from 'node:util';

// Looks into values of others without running any of their code: no getters, no iterators, no `toString`.

/** A part of a value: something that is there, or that a getter would have to make. */
export type Part =
  | { readonly computed: false; readonly value: unknown }
  | { readonly computed: true; readonly value?: undefined };

/** What an object is made of, and how many parts it has; they are looked at one by one, as long as somebody goes on. */
export interface Parts {
  readonly size: number;
  readonly parts: Iterable<readonly [key: string, part: Part]>;
}

/** The parts of a list, a map, a set, or of any other object. */
export function partsOf(value: object): Parts {
  if (Array.isArray(value)) return { size: value.length, parts: itemsOf(value) };
  if (types.isMap(value)) return { size: sizeOf(Map.prototype, value), parts: entriesOf(value) };
  if (types.isSet(value)) return { size: sizeOf(Set.prototype, value), parts: membersOf(value) };
  const keys = Object.keys(value);
  return { size: keys.length, parts: propertiesOf(value, keys) };
}

/** The class of an object. */
export function nameOf(value: object): string {
  for (let link = prototypeOf(value); link !== undefined; link = prototypeOf(link)) {
    if (!Object.hasOwn(link, 'constructor')) continue;
    const made = valueAt(link, 'constructor');
    const name = typeof made === 'function' && !types.isProxy(made) ? valueAt(made, 'name') : undefined;
    return typeof name === 'string' && name !== '' ? name : 'Object';
  }
  return 'Object';
}

/** Whether an object is an error, of another realm too, or inherits from one. */
export function isError(value: object): value is Error {
  if (types.isNativeError(value)) return true;
  let link = prototypeOf(value);
  while (link !== undefined && link !== Error.prototype) link = prototypeOf(link);
  return link !== undefined;
}

/** The stack of an error as Node.js makes it; of one that has made its own, its name and message. */
export function stackOf(error: Error): string {
  const stack = Object.getOwnPropertyDescriptor(error, 'stack');
  if (typeof stack?.value === 'string') return stack.value;
  if (stack?.get !== undefined && stack.get === nativeStack()) return String(Reflect.apply(stack.get, error, []));
  const message = inherited(error, 'message');
  const name = inherited(error, 'name');
  return [name, message].filter((text) => typeof text === 'string' && text !== '').join(': ');
}

/** What an object has of its own at a key, if that is no getter. */
export const valueAt = (value: object, key: string): unknown => Object.getOwnPropertyDescriptor(value, key)?.value;

function inherited(value: object, key: string): unknown {
  for (let link: object | undefined = value; link !== undefined; link = prototypeOf(link)) {
    if (Object.hasOwn(link, key)) return valueAt(link, key);
  }
  return undefined;
}

function prototypeOf(value: object): object | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  return typeof prototype === 'object' && prototype !== null && !types.isProxy(prototype) ? prototype : undefined;
}

/** Recent versions of V8 have a getter for it, the same for all errors; older ones a value. */
const nativeStack = (): unknown => Object.getOwnPropertyDescriptor(new Error(), 'stack')?.get;

function partAt(value: object, key: string): Part {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  return descriptor !== undefined && !('value' in descriptor)
    ? { computed: true }
    : { computed: false, value: descriptor?.value };
}

const there = (value: unknown): Part => ({ computed: false, value });

const sizeOf = (prototype: object, value: object): number => Number(Reflect.get(prototype, 'size', value));

function* itemsOf(list: readonly unknown[]): Generator<[string, Part]> {
  for (let index = 0; index < list.length; index++) yield [`${index}`, partAt(list, `${index}`)];
}

function* entriesOf(map: ReadonlyMap<unknown, unknown>): Generator<[string, Part]> {
  for (const [key, value] of Map.prototype.entries.call(map)) yield [keyText(key), there(value)];
}

function* membersOf(set: ReadonlySet<unknown>): Generator<[string, Part]> {
  for (const value of Set.prototype.values.call(set)) yield ['', there(value)];
}

function* propertiesOf(value: object, keys: readonly string[]): Generator<[string, Part]> {
  for (const key of keys) yield [key, partAt(value, key)];
}

function keyText(key: unknown): string {
  if (typeof key === 'object' && key !== null) return types.isProxy(key) ? 'Proxy' : nameOf(key);
  return typeof key === 'function' ? 'function' : String(key);
}
