import { isHeaderValue, isToken, trimWhitespace } from '../header-value.ts';
import { HeaderMap, type HeaderPair } from './header-map.ts';
import { type Refused, type ResponseRefusal, refuse } from './refusal.ts';

/** The head of an HTTP/1 response. */
export interface ParsedResponse {
  readonly status: number;
  readonly statusText: string;
  readonly httpVersion: '1.0' | '1.1';
  readonly headers: HeaderMap;
  /** The bytes behind the header block, a view into the last chunk: the first frames, or a body. */
  readonly rest: Uint8Array;
}

/** What {@link ResponseParser.push} comes to. */
export type ResponseOutcome =
  | { readonly ok: true; readonly response: ParsedResponse }
  | Refused<Extract<ResponseRefusal, { code: 'badHttpResponse' | 'handshakeResponseTooBig' }>>;

type StatusLine = Pick<ParsedResponse, 'status' | 'statusText' | 'httpVersion'>;

const lineFeed = 0x0a;
const statusLine = /^HTTP\/(1\.[01]) ([1-9]\d\d)(?: (.*))?$/;

/**
 * Reads the head of the response to a client's request, however its bytes are chopped, in linear time (RFC 9112 §4, §5).
 * Strict: lines end with CR LF, nothing is folded, no control characters. Interim responses other than 101 are passed over
 * (RFC 9110 §15.2). A fault is reported with the line that holds it, without waiting for more.
 */
export class ResponseParser {
  readonly #limit: number;
  #size = 0;
  #line = '';
  #status: StatusLine | undefined;
  #headers: HeaderPair[] = [];
  #outcome: ResponseOutcome | undefined;

  /**
   * `maxHandshakeSize`: how many bytes the header block may have, interim responses and the empty line included. Default: 65,536.
   * Throws a `RangeError` when it is not a positive number.
   */
  constructor({ maxHandshakeSize = 65_536 }: { readonly maxHandshakeSize?: number } = {}) {
    if (!(maxHandshakeSize > 0)) throw new RangeError(`maxHandshakeSize must be positive, not ${maxHandshakeSize}`);
    this.#limit = maxHandshakeSize;
  }

  /**
   * Takes the next bytes. `undefined` when the head is not complete yet; `badHttpResponse` or `handshakeResponseTooBig` for what
   * is none, and for every push after that. Throws an `Error` when the response has already been handed out.
   */
  push(bytes: Uint8Array): ResponseOutcome | undefined {
    if (this.#outcome?.ok) throw new Error('the response is complete: further bytes are not part of it');
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    while (this.#outcome === undefined && start < chunk.length) {
      const found = chunk.indexOf(lineFeed, start);
      const end = found === -1 ? chunk.length : found + 1;
      this.#size += end - start;
      if (this.#size > this.#limit) {
        this.#outcome = refuse({ code: 'handshakeResponseTooBig', limit: this.#limit });
        break;
      }
      this.#line += chunk.toString('latin1', start, end);
      start = end;
      if (found !== -1) this.#outcome = this.#takeLine(bytes.subarray(end));
    }
    return this.#outcome;
  }

  #takeLine(rest: Uint8Array): ResponseOutcome | undefined {
    const line = this.#line.slice(0, -2);
    const wellFormed = this.#line === `${line}\r\n` && isHeaderValue(line);
    const understood = wellFormed && (this.#status === undefined ? this.#takeStatus(line) : this.#takeHeader(line));
    const text = this.#line;
    this.#line = '';
    if (!understood) return refuse({ code: 'badHttpResponse', line: text });
    return line === '' ? this.#finish(rest) : undefined;
  }

  #takeStatus(line: string): boolean {
    const [, version, status, statusText = ''] = statusLine.exec(line) ?? [];
    if (version === undefined) return false;
    this.#status = { status: Number(status), statusText, httpVersion: version === '1.0' ? '1.0' : '1.1' };
    return true;
  }

  #takeHeader(line: string): boolean {
    if (line === '') return true;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon === -1 || !isToken(name)) return false;
    this.#headers.push([name, trimWhitespace(line.slice(colon + 1))]);
    return true;
  }

  #finish(rest: Uint8Array): ResponseOutcome | undefined {
    const status = this.#status;
    const headers = this.#headers;
    this.#status = undefined;
    this.#headers = [];
    if (status === undefined || (status.status < 200 && status.status !== 101)) return undefined;
    return { ok: true, response: { ...status, headers: new HeaderMap(headers), rest } };
  }
}
