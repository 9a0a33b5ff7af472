import type { Duplex } from 'node:stream';
import type { Handshake } from './handshake.ts';

/** A WebSocket that has been opened, over whatever version of HTTP. */
export interface Opened {
  /** What carries the frames. */
  readonly socket: Duplex;
  readonly handshake: Handshake;
}
