import type { Frame, PreparedFrame } from '@genws/protocol';

/** A frame to send: a plain frame, one that was received, or one prepared for many. */
export type OutboundFrame = Frame | PreparedFrame;
