import { request as ask, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as askSecurely } from 'node:https';
import { text as readAll } from 'node:stream/consumers';
import { sampleKey, type Where } from './raw-client.ts';

/** What a server answers to a plain request, or to one for a WebSocket that it does not open. */
export interface HttpAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The headers that ask for a WebSocket. */
export const upgradeHeaders = {
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': sampleKey,
  'Sec-WebSocket-Version': '13',
};

/** Ask a server for something, over TLS whatever its certificate. Rejects when it switches to another protocol. */
export async function httpAnswer(
  { secure = false, port, host = '127.0.0.1' }: Where,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const options = { host, port, path, headers, agent: false };
  const request = secure ? askSecurely({ ...options, rejectUnauthorized: false }) : ask(options);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error(`the server has opened a WebSocket at ${path}`));
    });
    request.end();
  });
  return { status: response.statusCode, headers: response.headers, body: await readAll(response) };
}
