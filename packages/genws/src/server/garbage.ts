import type { Duplex } from 'node:stream';
import { deliver, type Logger } from '@genws/actor';
import { describeRefusal, encodeAnswer, type PlainAnswer, type RequestRefusal, refusalAnswer } from '@genws/protocol';
import { lastWords, letGo } from '../opening/http1-opening.ts';

/** Answer what Node's HTTP parser could not read, or did not get in time. */
export function refuseGarbage(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  logger: Logger,
  port: number | undefined,
): void {
  if (socket.writableEnded) {
    letGo(socket); // it has its answer, and has gone on sending
    return;
  }
  const refusal = refusalFor(error.code);
  const text = refusal === undefined ? `no HTTP request: ${error.code ?? error.message}` : describeRefusal(refusal);
  const fields = { code: refusal?.code ?? 'badRequest', port };
  deliver(logger, { level: 'info', event: 'handshake.refused', text, fields });
  if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
  else lastWords(socket, encodeAnswer(refusal === undefined ? badRequest : refusalAnswer(refusal)));
}

const badRequest: PlainAnswer = { status: 400, headers: [], body: '' };

function refusalFor(code: string | undefined): RequestRefusal | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { code: 'handshakeTooBig' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'handshakeTimeout' };
    default:
      return undefined;
  }
}
