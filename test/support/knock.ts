import { openHttp2, webSocketHeaders } from './http2/client.ts';
import type { Http2PeerStream } from './http2/peer-stream.ts';
import { openRaw, textFrame, upgradeRequest } from './raw-client.ts';
import type { RawConnection } from './raw-connection.ts';
import { RawPeer } from './raw-peer.ts';

/** An HTTP answer, whatever the version. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What a request differs in from the one that opens a WebSocket at `/`. */
export interface KnockRequest {
  readonly path?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Somebody who has asked for a WebSocket. */
export interface Knock extends Disposable {
  /** Rejects when the server ends the connection, or the stream, without one. */
  readonly answer: Promise<Answer>;
  /** Say something on the WebSocket, and hear what comes back. */
  echo(words: string): Promise<string>;
  /** Go away without a word. */
  leave(): void;
}

/** Ask for a WebSocket over HTTP/1.1. */
async function knockHttp1(port: number, { path = '/', headers = {} }: KnockRequest = {}): Promise<Knock> {
  const connection = await openRaw({ port });
  const { 'sec-websocket-version': version = '13', ...others } = headers;
  await connection.write(upgradeRequest({ path, headers: { ...others, 'Sec-WebSocket-Version': version } }));
  return {
    answer: answerOf(connection),
    async echo(words) {
      await connection.write(textFrame(words));
      return connection.text();
    },
    leave: () => connection.reset(),
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

async function answerOf(connection: RawConnection): Promise<Answer> {
  const { startLine, headers } = await connection.head();
  const status = Number(startLine.split(' ')[1]);
  return { status, headers, body: status === 101 ? '' : (await connection.rest()).toString() };
}

/** Ask for a WebSocket over HTTP/2, with prior knowledge. */
async function knockHttp2(port: number, { path = '/', headers = {} }: KnockRequest = {}): Promise<Knock> {
  const connection = await openHttp2({ port });
  const stream = connection.open(webSocketHeaders({ ':path': path, ...headers }));
  let frames: RawPeer | undefined;
  return {
    answer: answerOn(stream),
    async echo(words) {
      frames ??= new RawPeer(stream);
      frames.text(words);
      return (await frames.next()).replace(/^text /, '');
    },
    leave: () => stream.reset(),
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

async function answerOn(stream: Http2PeerStream): Promise<Answer> {
  const outcome = await stream.outcome;
  const status = Number(outcome);
  if (Number.isNaN(status)) throw new Error(`no answer: ${outcome}`);
  return { status, headers: await stream.headers, body: status === 200 ? '' : await stream.body() };
}

/** Every version of HTTP, for `describe.each`: how to ask, and the status of a WebSocket that is open. */
export const versions = [
  { version: 'HTTP/1.1', opened: 101, knock: knockHttp1 },
  { version: 'HTTP/2', opened: 200, knock: knockHttp2 },
] as const;
