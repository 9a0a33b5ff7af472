import type { IncomingMessage } from 'node:http';
import type { AnswerOptions, Extension, PlainAnswer, Refused, RequestRefusal } from '@genws/protocol';
import type { SessionRequest, Transport } from '@genws/session';

/** A request for a WebSocket that waits for its answer, whatever version of HTTP it came over. */
export interface Opening {
  /** The connection, or the stream, that is to carry the frames. */
  readonly transport: Transport;
  /** Path and query. */
  readonly target: string;
  /** The request as Node.js has it, where that is HTTP/1.1. */
  readonly incoming: IncomingMessage | undefined;
  /** This end's port, for reports. */
  readonly port: number | undefined;
  /** Bytes that came with the request. */
  readonly head: Uint8Array | undefined;
  /** Aborted when the peer has gone: nobody is there to be answered. */
  readonly gone: AbortSignal;
  /** Find out what is asked for, or what is wrong with it. Nothing is answered yet. */
  check(subprotocols: readonly string[] | undefined): Checked;
  /** Answer with anything but a WebSocket, and let go of the peer. */
  refuse(answer: PlainAnswer): void;
}

/** What is asked for, or what is wrong with it. */
export type Checked = { readonly ok: true; readonly asked: Asked } | Refused<RequestRefusal>;

/** A request that can become a WebSocket. */
export interface Asked {
  readonly request: SessionRequest;
  /** Offered by the client, in its order. */
  readonly extensions: readonly Extension[];
  /** Throws a `TypeError`, with nothing answered, for what a response must not hold. */
  accept(answer: OpeningAnswer): void;
}

/** What the answer that opens a WebSocket says. */
export interface OpeningAnswer extends AnswerOptions {
  /** Instead of the one that was negotiated. */
  readonly subprotocol?: string | undefined;
}
