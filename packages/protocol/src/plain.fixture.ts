import { binary } from './frame.ts';
import { ReceivedBinary } from './received-message.ts';

/** What was received, in a form that can be compared: a received message keeps its bytes to itself. */
export const plain = (received: unknown): unknown =>
  received instanceof ReceivedBinary ? binary(received.data) : received;
