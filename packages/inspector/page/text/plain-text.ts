import type { Plain } from '../../src/protocol.ts';
import { visibleText } from './visible-text.ts';

/** How a value is introduced: `Map(3)`, `Array(1,200)`. */
export function plainName({ name, entries, more }: Extract<Plain, { type: 'object' }>): string {
  return `${visibleText(name)}(${entries.length + more})`;
}

/** A value on one line, of so many characters at most. */
export function plainText(value: Plain, most = 400): string {
  const text = written(value, most);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function written(value: Plain, most: number): string {
  if (value.type === 'text') return `"${visibleText(value.value)}"`;
  if (value.type === 'hidden') return `‹${visibleText(value.value)}›`;
  if (value.type !== 'object') return visibleText(value.value);
  const list = value.name === 'Array';
  const parts: string[] = [];
  let length = 0;
  for (const [key, entry] of value.entries) {
    const text = list ? written(entry, most) : `${visibleText(key)}: ${written(entry, most)}`;
    parts.push(text);
    length += text.length;
    if (length > most) break; // the rest would be cut off
  }
  const left = value.entries.length - parts.length + value.more;
  if (left > 0) parts.push(`… ${left} more`);
  const [open, close] = list ? ['[', ']'] : ['{', '}'];
  const name = list || value.name === 'Object' ? '' : `${visibleText(value.name)} `;
  return parts.length === 0
    ? `${name}${open}${close}`
    : `${name}${open}${list ? '' : ' '}${parts.join(', ')}${list ? '' : ' '}${close}`;
}
