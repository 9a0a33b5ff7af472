import { once } from 'node:events';
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { certificate } from './certificate.ts';

/** An HTTP server that knows nothing of WebSockets, as an application has it. */
export interface RunningHttp extends AsyncDisposable {
  readonly http: HttpServer;
  readonly port: number;
}

/** Start one on a free port of the local machine. It answers `page` unless told otherwise. */
export async function startHttp(
  secure = false,
  answer: RequestListener = (_request, response) => response.end('page'),
): Promise<RunningHttp> {
  const http = secure ? createTlsServer(await certificate(), answer) : createServer(answer);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    http,
    port: address.port,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
