import { type AcceptedOffer, checkCompression, type DeflateAgreement, type ResponseRefusal } from '@genws/protocol';
import type { SessionRequest, Transport } from '@genws/session';
import { ConnectError, type HandshakeResponse } from './connect-error.ts';
import type { Wish } from './wish.ts';

/** A client's handshake that has opened a WebSocket. */
export interface Handshake {
  readonly transport: Transport;
  readonly request: Pick<SessionRequest, 'method' | 'httpVersion' | 'path' | 'host'>;
  readonly accepted: AcceptedOffer;
  /** The answer; what follows its header block are the first bytes of the WebSocket. */
  readonly response: HandshakeResponse;
}

/** What became of the offer to compress. Throws {@link ConnectError} `badCompression`. */
export function agreedCompression({ accepted, response }: Handshake, { compress }: Wish): DeflateAgreement | undefined {
  if (compress === undefined) return undefined;
  const compressed = checkCompression(accepted.extensions, compress);
  if (!compressed.ok) throw refusedResponse(compressed.refusal, response);
  return compressed.agreed;
}

/** The error for an answer that is not right. */
export function refusedResponse(refusal: ResponseRefusal, response: HandshakeResponse): ConnectError {
  return new ConnectError(refusal, { response });
}
