import { ByteBuffer } from './byte-buffer.ts';
import { applyMask, type Frame, isControl, rsv1, shortest } from './frame.ts';

/** What a peer has sent against RFC 6455, in words. */
export interface Violation {
  readonly violation: string;
}

export interface FrameReaderOptions {
  /** Whether frames have to be masked: those of clients, and no others. */
  readonly masked: boolean;
  /** Whether RSV1 has a meaning. */
  readonly compression: boolean;
}

interface Header extends Omit<Frame, 'payload'> {
  readonly headSize: number;
  readonly length: number;
}

const knownOpcodes = [0, 1, 2, 8, 9, 10];
const largestPayload = 64 * 1024 * 1024;

/** Bytes to frames, strictly. After a violation there is nothing more to be read. */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #bytes = new ByteBuffer();
  #header: Header | undefined;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  *push(chunk: Uint8Array): Generator<Frame | Violation> {
    this.#bytes.push(chunk);
    for (;;) {
      const header = this.#header ?? this.#readHeader();
      if (header === undefined) return;
      if ('violation' in header) {
        yield header;
        return;
      }
      this.#header = header;
      const { headSize, length, ...frame } = header;
      if (this.#bytes.length < headSize + length) return;
      this.#header = undefined;
      const head = this.#bytes.take(headSize);
      const payload = this.#bytes.take(length);
      if (this.#options.masked) applyMask(payload, head.subarray(headSize - 4));
      yield { ...frame, payload };
    }
  }

  #readHeader(): Header | Violation | undefined {
    const head = Buffer.from(this.#bytes.peek(14));
    const [first, second] = head;
    if (first === undefined || second === undefined) return undefined;
    const frame = { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15 };
    const masked = second >= 0x80;
    const short = second & 0x7f;
    const violation = this.#violationOf(frame, masked, short);
    if (violation !== undefined) return { violation };
    const bits = short < 126 ? 7 : short === 126 ? 16 : 64;
    const lengthSize = bits === 7 ? 0 : bits / 8;
    const headSize = 2 + lengthSize + (masked ? 4 : 0);
    if (head.length < headSize) return undefined;
    const length = bits === 7 ? short : bits === 16 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    if (bits !== shortest(length)) return { violation: `a length of ${length} in ${bits} bits (§5.2)` };
    if (length > largestPayload) return { violation: `a payload of ${length} octets, far more than was sent` };
    return { ...frame, headSize, length };
  }

  #violationOf(frame: Omit<Frame, 'payload'>, masked: boolean, short: number): string | undefined {
    const { fin, rsv, opcode } = frame;
    if (!knownOpcodes.includes(opcode)) return `the reserved opcode ${opcode} (§5.2)`;
    const meaningful = this.#options.compression && (opcode === 1 || opcode === 2) ? rsv1 : 0;
    if ((rsv & ~meaningful) !== 0) return `RSV=${rsv} with opcode ${opcode} (§5.2)`;
    if (isControl(opcode) && !fin) return `a control frame in fragments (§5.5)`;
    if (isControl(opcode) && short > 125) return `a control frame with more than 125 octets (§5.5)`;
    if (masked !== this.#options.masked)
      return masked ? 'a masked frame of a server (§5.1)' : 'an unmasked frame of a client (§5.1)';
    return undefined;
  }
}
