import { type Decoded, FrameDecoder } from '@genws/protocol';
import { defaultLimits } from './options.ts';
import type { Transport } from './transport.ts';

/** A transport that keeps each write of a server for itself. */
export class Sink implements Transport {
  readonly writes: Uint8Array[] = [];
  readonly chunks: Uint8Array[] = [];
  /** Every count that was asked for. */
  readonly activations: number[] = [];
  buffered = 0;
  congested = false;
  /** Whether it is done with what it was sent. It keeps {@link writes} as they were all the same. */
  copied = false;
  /** Whether output of turns leaves at the end of the event loop's iteration. */
  gathers = false;
  closes = 0;
  /** What every use of it throws. */
  failure: unknown;
  /** Called when it has been written to. */
  onWrite: (bytes: number) => void = () => {};

  handOver(): void {}
  abort(): void {}

  activate(batches: number): void {
    if (this.failure !== undefined) throw this.failure;
    this.activations.push(batches);
  }

  close(): void {
    if (this.failure !== undefined) throw this.failure;
    this.closes++;
  }

  send(chunks: readonly Uint8Array[]): void {
    if (this.failure !== undefined) throw this.failure;
    const bytes = Buffer.concat(chunks);
    this.writes.push(bytes);
    this.chunks.push(...chunks);
    this.onWrite(bytes.length);
  }

  /** What was written, one list for each write: of the frames that were complete with it. */
  get decoded(): Decoded[][] {
    const decoder = new FrameDecoder({ role: 'client', limits: defaultLimits, compress: true });
    return this.writes.map((bytes) => {
      decoder.push(bytes);
      const frames: Decoded[] = [];
      for (let one = decoder.next(); one !== undefined; one = decoder.next()) frames.push(one);
      return frames;
    });
  }

  /** The same in plain form: `text hello`, `close 1000`. */
  get frames(): string[][] {
    return this.decoded.map((frames) => frames.map(plain));
  }

  /** All frames that were written, in plain form. */
  get wire(): string[] {
    return this.frames.flat();
  }
}

function plain(frame: Decoded): string {
  if (frame.type === 'close') return `close ${frame.code}`;
  if (frame.type === 'compressed') return `compressed ${frame.kind}`;
  return 'data' in frame ? `${frame.type} ${Buffer.from(frame.data)}`.trimEnd() : frame.type;
}
