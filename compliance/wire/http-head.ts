import type { Duplex } from 'node:stream';

/** The head of an HTTP request or response. Names of headers are in lower case; what stands twice is joined by commas. */
export interface HttpHead {
  readonly startLine: string;
  readonly headers: ReadonlyMap<string, string>;
  /** As it came over the wire. */
  readonly raw: string;
  /** What came behind it. */
  readonly rest: Buffer;
}

const blankLine = '\r\n\r\n';
const largestHead = 64 * 1024;

/** Reads a head from a connection. Rejects when the connection ends first or nothing complete comes in time. */
export function readHead(socket: Duplex, timeout: number): Promise<HttpHead> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose).off('error', onError);
      socket.pause();
    };
    const fail = (reason: string): void => {
      settle();
      reject(new Error(reason));
    };
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf(blankLine);
      if (end === -1 && bytes.length > largestHead) fail('the head of the handshake has no end');
      if (end === -1) return;
      settle();
      resolve(parse(bytes.toString('latin1', 0, end), bytes.subarray(end + blankLine.length)));
    };
    const onClose = (): void => fail('the connection ended during the handshake');
    const onError = ({ message }: Error): void => fail(`the connection broke during the handshake: ${message}`);
    const timer = setTimeout(() => fail(`no handshake within ${timeout} ms`), timeout);
    socket.on('data', onData).on('close', onClose).on('error', onError);
  });
}

function parse(raw: string, rest: Buffer): HttpHead {
  const [startLine = '', ...lines] = raw.split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const before = headers.get(name);
    const value = line.slice(colon + 1).trim();
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { startLine, headers, raw, rest };
}

/** Whether a header that is a list of tokens has this one. */
export const hasToken = ({ headers }: HttpHead, name: string, token: string): boolean =>
  (headers.get(name) ?? '').split(',').some((part) => part.trim().toLowerCase() === token);
