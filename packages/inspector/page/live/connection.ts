import { type ReadonlySignal, signal } from '@preact/signals';
import type { PageMessage, ProcessMessage } from '../../src/protocol.ts';
import { pauseBefore } from './backoff.ts';

const subprotocol = 'genws.inspector';

/** The process has something to say every second; after so long without a word, ms, the connection is as good as gone. */
const longestSilence = 15_000;

/** How things stand with the process. Times are ms since 1970, by this machine's clock. */
export type ConnectionState =
  /** For the first time. */
  | { readonly type: 'connecting' }
  | { readonly type: 'live' }
  /** Since when, and when the next attempt is made: `undefined` while it is. */
  | { readonly type: 'lost'; readonly since: number; readonly retryAt: number | undefined };

/** Where the process speaks, next to the page. */
export function liveUrl(page: string): URL {
  const url = new URL('live', page);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = '';
  url.hash = '';
  return url;
}

/** A WebSocket to the process that comes back by itself. */
export class Connection {
  readonly #state = signal<ConnectionState>({ type: 'connecting' });
  readonly #url: URL;
  readonly #onMessage: (message: ProcessMessage) => void;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;
  #heardAt = 0;

  constructor(url: URL, onMessage: (message: ProcessMessage) => void) {
    this.#url = url;
    this.#onMessage = onMessage;
  }

  get state(): ReadonlySignal<ConnectionState> {
    return this.#state;
  }

  /** Nothing is kept for later: who has something to say says it again after `hello`. */
  send(message: PageMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Connect, or do not wait for the pause to end. */
  dial(): void {
    if (this.#socket !== undefined) return;
    clearTimeout(this.#timer);
    const state = this.#state.peek();
    if (state.type === 'lost') this.#state.value = { ...state, retryAt: undefined };
    const socket = new WebSocket(this.#url, subprotocol);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = () => this.lose();
  }

  /** The connection is gone, or as good as gone. */
  lose(): void {
    this.#drop();
    const state = this.#state.peek();
    const pause = pauseBefore(this.#attempts++);
    this.#timer = setTimeout(() => this.dial(), pause);
    this.#state.value = {
      type: 'lost',
      since: state.type === 'lost' ? state.since : Date.now(),
      retryAt: Date.now() + pause,
    };
  }

  /** Whether somebody is still there, to be asked now and then: a broken network does not say so. */
  check(): void {
    if (this.#state.peek().type === 'live' && Date.now() - this.#heardAt > longestSilence) this.lose();
  }

  #take(data: unknown): void {
    const message = parse(data);
    this.#heardAt = Date.now();
    if (message === undefined) {
      this.lose(); // not our process, or not its language
      return;
    }
    if (message.type === 'hello') {
      this.#attempts = 0; // it does not only accept connections, it works
      this.#state.value = { type: 'live' };
    }
    this.#onMessage(message);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }
}

function parse(data: unknown): ProcessMessage | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const message: ProcessMessage = JSON.parse(data);
    return message;
  } catch {
    return undefined;
  }
}
