import { binary } from './frame.ts';
import { ReceivedMessage } from './received-message.ts';

/** What was received, in a form that can be compared: a received message keeps its bytes to itself. */
export const plain = (frame: unknown): unknown =>
  frame instanceof ReceivedMessage && frame.type === 'binary' ? binary(frame.bytes) : frame;
