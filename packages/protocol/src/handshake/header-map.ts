import { trimWhitespace } from '../header-value.ts';

/** A header's name and one value. */
export type HeaderPair = readonly [name: string, value: string];

/**
 * Headers in any shape in which they are met: an object (`request.headers`, a repeated header as an array), a list of
 * name and value pairs, Node's flat `rawHeaders` list, or a {@link HeaderMap}. Only lists and arrays can show that a header was repeated.
 */
export type HeaderInput =
  | HeaderMap
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | readonly HeaderPair[]
  | readonly string[];

/** Headers by name, without regard to case. Every line of a repeated header is kept, in order, without the blanks around its value. */
export class HeaderMap {
  readonly #lines = new Map<string, string[]>();

  constructor(input: HeaderInput = []) {
    eachLine(input, (name, value) => {
      const key = name.toLowerCase();
      const lines = this.#lines.get(key);
      if (lines === undefined) this.#lines.set(key, [trimWhitespace(value)]);
      else lines.push(trimWhitespace(value));
    });
  }

  /** The headers of `input`, which is taken as it is where it is a map already. */
  static of(input: HeaderInput): HeaderMap {
    return input instanceof HeaderMap ? input : new HeaderMap(input);
  }

  /** Whether the header is present, be it with an empty value. */
  has(name: string): boolean {
    return this.#lines.has(name.toLowerCase());
  }

  /** The value of each line of the header; an empty list when there is none. */
  all(name: string): readonly string[] {
    return this.#lines.get(name.toLowerCase()) ?? [];
  }

  /**
   * The lines joined with `, ` as one value (RFC 9110 §5.3), or `undefined` when there is none. Those of `Cookie`, which
   * browsers may cut over HTTP/2, are joined with `; ` (RFC 9113 §8.2.3).
   */
  joined(name: string): string | undefined {
    const key = name.toLowerCase();
    return this.#lines.get(key)?.join(key === 'cookie' ? '; ' : ', ');
  }

  /** Every line as a pair, names in lower case, lines of one header next to each other. */
  *pairs(): Generator<[name: string, value: string]> {
    for (const [name, lines] of this.#lines) {
      for (const value of lines) yield [name, value];
    }
  }
}

/** The lines of `input`, names spelled as they came. A name without a value at the end of a flat list is passed over. */
export function headerPairs(input: HeaderInput): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  eachLine(input, (name, value) => pairs.push([name, value]));
  return pairs;
}

function eachLine(input: HeaderInput, take: (name: string, value: string) => void): void {
  if (input instanceof HeaderMap) {
    for (const [name, value] of input.pairs()) take(name, value);
  } else if (isList(input)) {
    let name: string | undefined;
    for (const item of input) {
      if (typeof item !== 'string') {
        take(item[0], item[1]);
      } else if (name === undefined) {
        name = item;
      } else {
        take(name, item);
        name = undefined;
      }
    }
  } else {
    for (const [name, value] of Object.entries(input)) {
      if (value === undefined) continue;
      if (typeof value === 'object') for (const line of value) take(name, line);
      else take(name, String(value));
    }
  }
}

function isList(input: HeaderInput): input is readonly HeaderPair[] | readonly string[] {
  return Array.isArray(input);
}
