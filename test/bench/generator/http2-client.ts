import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Target } from './load.ts';

/** Bytes that the server may send ahead, on a stream and on all of them: as much as a server of ours grants. */
const streamWindow = 131_072;
const connectionWindow = 1_048_576;

/** Open the connection that all streams share. */
export async function openHttp2({ host, port, secure }: Target): Promise<ClientHttp2Session> {
  const session = connect(`${secure ? 'https' : 'http'}://${host}:${port}`, {
    rejectUnauthorized: false,
    settings: { initialWindowSize: streamWindow },
  });
  await once(session, 'remoteSettings');
  session.setLocalWindowSize(connectionWindow);
  return session;
}

/** A WebSocket on a stream of HTTP/2 (RFC 8441) that writes and reads bytes. */
export class Http2Client {
  readonly #stream: ClientHttp2Stream;
  /** Resolves when messages can be sent. */
  readonly opened: Promise<void>;
  /** Receives what the server sends. */
  onBytes: (bytes: Uint8Array, length: number) => void = () => {};

  constructor(session: ClientHttp2Session, path = '/') {
    const headers = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': path, 'sec-websocket-version': '13' };
    this.#stream = session.request(headers);
    this.#stream.on('data', (bytes: Uint8Array) => this.onBytes(bytes, bytes.length));
    this.opened = once(this.#stream, 'response').then(([{ ':status': status }]) => {
      if (status !== 200) throw new Error(`no WebSocket: ${status}`);
    });
  }

  write(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }
}
