import { request as ask, type IncomingHttpHeaders } from 'node:http';
import { connect, type IncomingHttpHeaders as Http2Headers } from 'node:http2';
import { text } from 'node:stream/consumers';
import { upgradeHeaders } from './http-answer.ts';

/** What somebody asks a server for. */
export interface Question {
  readonly path: string;
  /** Default GET. */
  readonly method?: string;
  /** The name by which the server is asked, instead of its own. */
  readonly host?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ask for a WebSocket. */
  readonly webSocket?: boolean;
}

/** What the server answers. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders | Http2Headers;
  readonly body: string;
  /** Whether a WebSocket was opened; it is left at once. */
  readonly opened: boolean;
}

function askHttp1(
  port: number,
  { path, method, host, headers = {}, body, webSocket = false }: Question,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const named = { host: host ?? `127.0.0.1:${port}`, ...(webSocket ? upgradeHeaders : {}), ...headers };
    const request = ask({ port, host: '127.0.0.1', path, method, headers: named, agent: false });
    request.once('error', reject).once('upgrade', ({ statusCode: status = 0, headers }, socket) => {
      socket.destroy();
      resolve({ status, headers, body: '', opened: true });
    });
    request.once('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((body) => resolve({ status, headers, body, opened: false }), reject);
    });
    request.end(body);
  });
}

async function askHttp2(port: number, { path, method, host, headers, body, webSocket }: Question): Promise<Reply> {
  const client = connect(`http://127.0.0.1:${port}`);
  try {
    await new Promise((resolve, reject) => client.once('remoteSettings', resolve).once('error', reject));
    const request = client.request({
      ':path': path,
      ...(webSocket
        ? { ':method': 'CONNECT', ':protocol': 'websocket', 'sec-websocket-version': '13' }
        : { ':method': method ?? 'GET' }),
      ...(host === undefined ? {} : { ':authority': host }),
      ...headers,
    });
    if (webSocket !== true) request.end(body);
    const answer = await new Promise<Http2Headers>((resolve, reject) =>
      request.once('response', resolve).once('error', reject),
    );
    const status = Number(answer[':status']);
    if (webSocket === true && status === 200) return { status, headers: answer, body: '', opened: true };
    return { status, headers: answer, body: await text(request), opened: false };
  } finally {
    client.destroy();
  }
}

/** Whoever asks, by version of HTTP, for `describe.each`. */
export const guests = [
  { version: 'HTTP/1.1', ask: askHttp1 },
  { version: 'HTTP/2', ask: askHttp2 },
] as const;
