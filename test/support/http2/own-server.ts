import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerOptions,
} from 'node:http2';
import { certificate } from '../certificate.ts';

/** An HTTP/2 server as an application would make it. */
export interface OwnHttp2Server extends AsyncDisposable {
  readonly http2: Http2Server;
  readonly port: number;
}

/** Listen on a free port of the local machine; over TLS, HTTP/1.1 is spoken too. */
export async function startOwnHttp2Server(secure: boolean, options: ServerOptions = {}): Promise<OwnHttp2Server> {
  const http2 = secure
    ? createSecureServer({ ...options, ...(await certificate()), allowHTTP1: true })
    : createServer(options);
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  http2.listen(0, '127.0.0.1');
  await once(http2, 'listening');
  const address = http2.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    http2,
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => http2.close(resolve));
    },
  };
}
