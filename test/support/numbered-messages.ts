import { type BinaryFrame, binary, defineHandler, type Flow, type SessionExit } from 'genws';
import { Inbox } from './inbox.ts';
import { RandomBytes } from './random-bytes.ts';
import type { WireFrame } from './raw-connection.ts';

/** Text that looks like some, and compresses to three quarters. */
const content = Buffer.from(Buffer.from(new RandomBytes('content').take(48 * 1024)).toString('base64'));

/** Bytes of a message of {@link numbered}: 64 KiB. */
export const numberedSize = content.length;

/** A message of 64 KiB that begins with its number, in memory of its own. */
export function numbered(number: number): BinaryFrame {
  const data = Buffer.from(content);
  data.writeUInt32BE(number);
  return binary(data);
}

/** Who reads frames, one after the other. */
interface FrameSource {
  read(): Promise<WireFrame>;
}

/** The numbers of the messages that come before the first text or control frame, and what that one says. */
export async function readNumbers(source: FrameSource): Promise<{ readonly numbers: number[]; readonly end: string }> {
  const numbers: number[] = [];
  for (;;) {
    const { opcode, payload } = await source.read();
    if (opcode === 8) return { numbers, end: `${payload.readUInt16BE()} ${payload.toString('utf8', 2)}` };
    if (opcode !== 2) return { numbers, end: payload.toString() };
    numbers.push(payload.readUInt32BE());
  }
}

/** From `first` to below `end`. */
export const numbersFrom = (first: number, end: number): number[] =>
  Array.from({ length: Math.max(end - first, 0) }, (_, i) => first + i);

/** A handler that only keeps what it hears of the flow, and how its sessions end. */
export function createFlowObserver() {
  const flows = new Inbox<Flow>();
  const exits = new Inbox<SessionExit>();
  const handler = defineHandler<undefined, Flow>({
    init: () => ['ok', undefined],
    handleIn: () => ['ok', undefined],
    flowInfo: (flow) => flow,
    handleInfo(flow) {
      flows.push(flow);
      return ['ok', undefined];
    },
    terminate(exit) {
      exits.push(exit);
    },
  });
  return { handler, flows, exits };
}
