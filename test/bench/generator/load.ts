/** What messages say. */
export interface Content {
  /** `json` is compressed, and connections agree on permessage-deflate with context takeover. */
  readonly form: 'text' | 'json';
  /** Bytes of a message before compression. */
  readonly size: number;
}

/** Each connection has so many messages under way, and sends a message for each one that returns. */
export interface EchoLoad {
  readonly pattern: 'echo';
  readonly connections: number;
  readonly content: Content;
  /** Messages in flight on each connection. */
  readonly depth: number;
  readonly path?: string;
  /** All connections are streams of one HTTP/2 connection. */
  readonly multiplexed?: boolean;
  /** Others that load the server at the same time, and are not counted. */
  readonly beside?: EchoLoad;
}

/** One connection sends, all receive; the next message goes when all have the last. */
export interface FanOutLoad {
  readonly pattern: 'fan-out';
  readonly connections: number;
  readonly content: Content;
}

/** Connect, ask for a WebSocket, close it, and begin anew; so many at a time. */
export interface ChurnLoad {
  readonly pattern: 'churn';
  readonly connections: number;
}

/** Connections that say nothing, or nothing any more. */
export interface IdleLoad {
  readonly pattern: 'idle';
  readonly connections: number;
  /** Whether each sends a message first, and gets it back. */
  readonly greeting: boolean;
}

/** One connection sends so many numbered messages in one write, again and again; they must return in this order. */
export interface BurstLoad {
  readonly pattern: 'burst';
  readonly connections: 1;
  readonly messages: number;
}

export type Load = EchoLoad | FanOutLoad | ChurnLoad | IdleLoad | BurstLoad;

/** Where the server is. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** It returns bytes as they come. */
  readonly bare: boolean;
  /** Its process, whose CPU time counts. */
  readonly pid: number | undefined;
}

/** The one parameter of the generator's program. */
export interface Assignment {
  readonly load: Load;
  readonly target: Target;
}

/** How long to drive the server, in seconds. */
export interface Order {
  /** Before the measurement begins. */
  readonly settling: number;
  readonly seconds: number;
}

/** What one measurement found. */
export interface Sample {
  /** Time that passed, in seconds. */
  readonly seconds: number;
  /** Messages that have come back, or connections that have come and gone. */
  readonly completed: number;
  /** The same with those before and after the measurement: all that the order has led to. */
  readonly altogether: number;
  /** Seconds of CPU time of the server in all its threads; `NaN` if it is not known. */
  readonly serverCpu: number;
  /** The same of the generator. */
  readonly generatorCpu: number;
  /** Of all other processes of the machine: whatever disturbs the measurement. */
  readonly othersCpu: number;
  /** How long messages were under way, in µs, where one at a time is. */
  readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number } | undefined;
}
