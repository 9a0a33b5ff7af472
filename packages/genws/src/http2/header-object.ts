import type { OutgoingHttpHeaders } from 'node:http2';
import type { HeaderPair } from '@genws/protocol';

/** Headers as Node.js takes them, a repeated one as a list. */
export function headerObject(pairs: readonly HeaderPair[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat().map(String);
  }
  return headers;
}
