import { Random } from './random.ts';

/** A file of pages as printers get them: streams that are compressed already, between directories in plain text. */
export function document(octets: number): Uint8Array {
  const random = new Random(0x70_61_67_65);
  const parts: Uint8Array[] = [];
  for (let length = 0, id = 1; length < octets; id++) {
    const stream = Uint8Array.from({ length: 1000 + random.below(6000) }, () => random.below(256));
    const head = `${id} 0 obj\n<< /Type /Page /Filter /FlateDecode /Length ${stream.length} >>\nstream\n`;
    const places = Array.from({ length: 300 }, (_, at) => `${String(length + 80 * at).padStart(10, '0')} 00000 n \n`);
    const part = Buffer.concat([
      Buffer.from(head),
      stream,
      Buffer.from(`\nendstream\nendobj\nxref\n${places.join('')}`),
    ]);
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts);
}
