import type { Duplex } from 'node:stream';
import { ByteBuffer } from '../wire/byte-buffer.ts';
import { Deflater, Inflater } from '../wire/deflate.ts';
import type { DeflateAgreement } from '../wire/deflate-negotiation.ts';
import { applyMask, encodeFrame, isControl, rsv1 } from '../wire/frame.ts';
import type { Rules } from './rules.ts';

interface Header {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly headSize: number;
  readonly length: number;
  readonly lengthBits: number;
}

interface Message {
  readonly opcode: number;
  readonly compressed: boolean;
  payload: Buffer;
}

/** A server's side of one connection: sends every message back, and minds the rules it is given. */
export class EchoPeer {
  readonly #socket: Duplex;
  readonly #rules: Rules;
  readonly #deflater: Deflater | undefined;
  readonly #inflater: Inflater | undefined;
  readonly #bytes = new ByteBuffer();
  #message: Message | undefined;
  #sent: Promise<void> = Promise.resolve();
  #over = false;

  constructor(socket: Duplex, rules: Rules, agreement: DeflateAgreement | undefined) {
    this.#socket = socket;
    this.#rules = rules;
    if (agreement === undefined) return;
    const { serverMaxWindowBits, serverNoContextTakeover, clientMaxWindowBits, clientNoContextTakeover } = agreement;
    const maxWindowBits = rules.windowBits(serverMaxWindowBits);
    this.#deflater = new Deflater({ maxWindowBits, noContextTakeover: serverNoContextTakeover });
    this.#inflater = new Inflater({ maxWindowBits: clientMaxWindowBits, noContextTakeover: clientNoContextTakeover });
  }

  read(chunk: Uint8Array): void {
    this.#bytes.push(chunk);
    for (let header = this.#header(); header !== undefined && !this.#over; header = this.#header()) {
      const { headSize, length, masked } = header;
      const available = Buffer.from(this.#bytes.peek(headSize + length));
      const payload = available.subarray(headSize);
      if (masked) applyMask(payload, available.subarray(headSize - 4, headSize));
      const code = this.#refusal(header, payload);
      if (code !== undefined) this.#close(code);
      else if (available.length === headSize + length) this.#receive(header, payload);
      else return;
      this.#bytes.take(headSize + length);
    }
  }

  #header(): Header | undefined {
    const head = Buffer.from(this.#bytes.peek(14));
    const [first, second] = head;
    if (first === undefined || second === undefined) return undefined;
    const short = second & 0x7f;
    const lengthBits = short < 126 ? 7 : short === 126 ? 16 : 64;
    const masked = second >= 0x80;
    const headSize = 2 + (lengthBits === 7 ? 0 : lengthBits / 8) + (masked ? 4 : 0);
    if (head.length < headSize) return undefined;
    const length =
      lengthBits === 7 ? short : lengthBits === 16 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
    return { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, masked, headSize, length, lengthBits };
  }

  /** The code with which a frame is refused because of its header, or of what is there of its payload. */
  #refusal(header: Header, payload: Uint8Array): number | undefined {
    const { fin, rsv, opcode, masked, length, lengthBits } = header;
    const rules = this.#rules;
    const fine =
      rules.reservedBits(rsv, this.#deflater !== undefined, opcode) &&
      rules.knownOpcode(opcode) &&
      rules.masked(masked) &&
      rules.shortestLength(length, lengthBits) &&
      (isControl(opcode)
        ? rules.wholeControl(fin) && rules.shortControl(length)
        : rules.inSequence(opcode === 0, this.#message !== undefined));
    if (!fine) return 1002;
    return this.#isTextSoFar(header, payload) ? undefined : 1007;
  }

  #isTextSoFar({ opcode, rsv }: Header, payload: Uint8Array): boolean {
    const message = opcode === 0 ? this.#message : { opcode, compressed: rsv === rsv1, payload: Buffer.alloc(0) };
    if (message?.opcode !== 1 || (message.compressed && this.#inflater)) return true;
    return this.#rules.textSoFar(Buffer.concat([message.payload, payload]));
  }

  #receive({ fin, rsv, opcode }: Header, payload: Buffer): void {
    const answer = opcode === 9 ? this.#rules.pong(payload) : undefined;
    if (answer !== undefined) this.#send(10, answer);
    if (opcode === 8) this.#receiveClose(payload);
    if (isControl(opcode)) return;
    const message = this.#message ?? {
      opcode: opcode === 0 ? 1 : opcode,
      compressed: rsv === rsv1,
      payload: Buffer.alloc(0),
    };
    message.payload = Buffer.concat([message.payload, payload]);
    this.#message = fin ? undefined : message;
    if (fin) this.#echo(message);
  }

  #echo({ opcode, compressed, payload }: Message): void {
    const inflated = compressed && this.#inflater ? this.#inflater.inflate(payload) : payload;
    if ('violation' in inflated || (opcode === 1 && !this.#rules.text(inflated))) this.#close(1007);
    else this.#send(opcode, inflated);
  }

  #receiveClose(payload: Buffer): void {
    const rules = this.#rules;
    const code = payload.length >= 2 ? payload.readUInt16BE() : undefined;
    if (payload.length === 1 || (code !== undefined && !rules.closeCode(code))) this.#close(1002);
    else if (!rules.closeReason(payload.subarray(2))) this.#close(1007);
    else if (rules.answersClose) this.#close(code);
    else this.#end();
  }

  #send(opcode: number, payload: Uint8Array): void {
    const deflater = isControl(opcode) ? undefined : this.#deflater;
    this.#sent = this.#sent.then(async () => {
      const data = deflater ? await deflater.deflate(payload) : payload;
      const frame = { fin: true, rsv: deflater ? rsv1 : 0, opcode, payload: data };
      this.#socket.write(encodeFrame(frame, { masked: false }));
    });
  }

  #close(code: number | undefined): void {
    const payload = Buffer.alloc(code === undefined ? 0 : 2);
    if (code !== undefined) payload.writeUInt16BE(code);
    this.#send(8, payload);
    this.#end();
  }

  #end(): void {
    this.#over = true;
    this.#sent = this.#sent.then(() => {
      this.#deflater?.end();
      this.#socket.end();
    });
  }
}
