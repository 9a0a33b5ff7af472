import type { Payload } from './payload.ts';
import type { Behavior } from './verdict.ts';

/**
 * A case: what is sent to a peer, in which chops and pauses, and what must come back. It is data, the same for servers
 * and clients under test; `run/` interprets it.
 */
export interface Case {
  /** As in the reference suite: `6.4.1`. */
  readonly id: string;
  /** What goes over the wire, in words. */
  readonly title: string;
  /** What must come back, in words. */
  readonly expectation: string;
  /** What permessage-deflate is to be negotiated, in order of preference. Default: none. */
  readonly deflate?: readonly DeflateDemand[] | undefined;
  readonly steps: readonly Step[];
  /** Every acceptable course of events, the best one first. Any other is FAILED. */
  readonly outcomes: readonly Outcome[];
  readonly closing: Closing;
  /** For the whole case, ms. */
  readonly timeLimit: number;
}

/** What the peer's compressor is asked to do (RFC 7692 §7.1). */
export interface DeflateDemand {
  readonly noContextTakeover?: boolean;
  readonly maxWindowBits?: number;
}

/** A frame to send, however illegal. */
export interface FrameSpec {
  readonly opcode: number;
  readonly payload?: Payload;
  /** Default true. */
  readonly fin?: boolean;
  /** RSV1 counts 4, RSV2 2, RSV3 1. Default 0. */
  readonly rsv?: number;
  /** Default: as RFC 6455 §5.1 has it: masked by clients, by servers not. */
  readonly masking?: 'wrong';
  /** Bits of the length, if it is not to be the shortest that will do. */
  readonly lengthBits?: 16 | 64;
}

/** A message to send, in frames as they should be; compressed, if that was negotiated. */
export interface MessageSpec {
  readonly type: 'text' | 'binary';
  readonly payload: Payload;
}

/** How frames are cut into writes: all in one, one each, or so many octets each whatever the frames' bounds. */
export type Chop = 'together' | 'frameWise' | number;

/** Writes of one octet. */
export const octetWise = 1;

export type Step =
  | { readonly type: 'frames'; readonly frames: readonly FrameSpec[]; readonly chop: Chop }
  /** One frame whose payload arrives in pieces, with a pause after each but the last. */
  | { readonly type: 'slowFrame'; readonly opcode: number; readonly pieces: readonly Uint8Array[] }
  /** `fragment`: octets of payload in each frame. Default: one frame. */
  | { readonly type: 'message'; readonly message: MessageSpec; readonly fragment?: number; readonly chop?: number }
  /** So many messages, each sent when the echo of the one before has come. */
  | { readonly type: 'roundTrips'; readonly count: number; readonly message: MessageSpec; readonly fragment?: number }
  /** Nothing is sent for a while. It is over at once when the connection is. */
  | { readonly type: 'pause' };

/** What may happen while a case runs. A pause happens when it has passed with the connection still there. */
export type ExpectedEvent =
  | ({ readonly type: 'message' } & { readonly message: MessageSpec })
  | { readonly type: 'pong'; readonly payload: Payload }
  | { readonly type: 'pause' };

export interface Outcome {
  readonly behavior: Behavior;
  readonly trace: readonly ExpectedEvent[];
}

/** How the connection is to end. */
export interface Closing {
  /**
   * Who is to send the first close frame: `us`, by a step of the case or, if none has, with 1000 when all is answered;
   * `peer`, which fails the connection (RFC 6455 §7.1.7).
   */
  readonly by: 'us' | 'peer';
  /** Status codes that the peer's close frame may have; {@link noCode} for an empty one. */
  readonly codes: readonly number[];
  /** Whether ending the connection without a close frame will do as well. */
  readonly dropAllowed?: boolean;
  /** Whatever comes is just noted. */
  readonly informational?: boolean;
}

/** How RFC 6455 §7.4.1 calls the status code of an empty close frame. */
export const noCode = 1005;
