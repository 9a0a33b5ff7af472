import { fromHuffman } from './huffman.ts';

/** A header line. Strings are written in latin1, as they are: upper case, CR, LF and NUL included. */
export type HeaderLine = readonly [name: string, value: string];

/** An integer with a prefix of `bits` bits below `pattern` (RFC 7541 §5.1). */
function hpackInteger(value: number, bits: number, pattern: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.of(pattern | value);
  const bytes = [pattern | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function hpackString(text: string): Buffer {
  const octets = Buffer.from(text, 'latin1');
  return Buffer.concat([hpackInteger(octets.length, 7, 0), octets]);
}

/** Lines as literals without indexing and without Huffman: nothing is kept on either side (RFC 7541 §6.2.2). */
export function headerBlock(lines: Iterable<HeaderLine>): Buffer {
  return Buffer.concat([...lines].flatMap(([name, value]) => [Buffer.of(0), hpackString(name), hpackString(value)]));
}

/** A line that goes into the dynamic table of the other side (RFC 7541 §6.2.1). */
export function indexedLine([name, value]: HeaderLine): Buffer {
  return Buffer.concat([Buffer.of(0x40), hpackString(name), hpackString(value)]);
}

/** A reference to the table: the newest line of the dynamic table is 62 (RFC 7541 §6.1). */
export const indexed = (index: number): Buffer => hpackInteger(index, 7, 0x80);

const accepts = 'accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|accept';
const contents = 'disposition encoding language length location range type'.split(' ').map((name) => `content-${name}`);
const statuses = [200, 204, 206, 304, 400, 404, 500].map((status) => `:status ${status}`);
const others =
  'cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|' +
  'last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|' +
  'server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate';

/** The static table (RFC 7541 Appendix A). */
const staticTable: readonly HeaderLine[] = [
  ...':authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https'.split('|'),
  ...statuses,
  ...accepts.split('|'),
  ...'access-control-allow-origin|age|allow|authorization|cache-control'.split('|'),
  ...contents,
  ...others.split('|'),
].map((line) => {
  const [name = '', ...value] = line.split(' ');
  return [name, value.join(' ')] as const;
});

/** Reads header blocks, with the dynamic table that they build up (RFC 7541). Throws on what it cannot read. */
export class HpackDecoder {
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  /** The newest first. */
  readonly #table: HeaderLine[] = [];
  #limit = 4096;

  decode(block: Buffer): HeaderLine[] {
    this.#block = block;
    this.#at = 0;
    const lines: HeaderLine[] = [];
    while (this.#at < block.length) {
      const first = block.readUInt8(this.#at);
      if (first >= 0x80) lines.push(this.#entry(this.#integer(7)));
      else if (first >= 0x40) lines.push(this.#keep(this.#literal(6)));
      else if (first >= 0x20) this.#resize(this.#integer(5));
      else lines.push(this.#literal(4));
    }
    return lines;
  }

  #literal(bits: number): HeaderLine {
    const index = this.#integer(bits);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    return [name, this.#string()];
  }

  #integer(bits: number): number {
    const most = 2 ** bits - 1;
    let value = this.#block.readUInt8(this.#at++) & most;
    if (value < most) return value;
    for (let factor = 1, more = true; more; factor *= 128) {
      const byte = this.#block.readUInt8(this.#at++);
      value += (byte & 0x7f) * factor;
      more = byte >= 0x80;
    }
    return value;
  }

  #string(): string {
    const huffman = this.#block.readUInt8(this.#at) >= 0x80;
    const length = this.#integer(7);
    const octets = this.#block.subarray(this.#at, this.#at + length);
    this.#at += length;
    return (huffman ? fromHuffman(octets) : octets).toString('latin1');
  }

  #entry(index: number): HeaderLine {
    const line = staticTable[index - 1] ?? this.#table[index - 1 - staticTable.length];
    if (line === undefined) throw new Error(`there is no line ${index} in the table`);
    return line;
  }

  #keep(line: HeaderLine): HeaderLine {
    this.#table.unshift(line);
    this.#resize(this.#limit);
    return line;
  }

  #resize(limit: number): void {
    this.#limit = limit;
    let size = 0;
    const kept = this.#table.findIndex(([name, value]) => {
      size += name.length + value.length + 32;
      return size > limit;
    });
    if (kept !== -1) this.#table.length = kept;
  }
}
