// A WebSocket that comes back. It tries again after a pause that doubles each time, up to a limit, and is drawn at
// random from its upper half, so that the people of a restarted server do not all return in the same instant.

const firstPause = 500;
const longestPause = 15_000;

export class Connection {
  #name;
  #onState;
  #onEvent;
  #socket;
  #timer;
  #attempts = 0;

  /**
   * @param {(state: 'connecting' | 'open' | 'reconnecting') => void} onState
   * @param {(event: object) => void} onEvent takes what the server says
   */
  constructor(onState, onEvent) {
    this.#onState = onState;
    this.#onEvent = onEvent;
    addEventListener('online', () => this.#hurry());
    addEventListener('offline', () => this.#socket && this.#lose());
    document.addEventListener('visibilitychange', () => !document.hidden && this.#hurry());
  }

  /** The name asked for, if any. */
  get name() {
    return this.#name;
  }

  /** Connect under a name, and stay connected. */
  start(name) {
    this.#name = name;
    this.#attempts = 0;
    this.#drop();
    this.#onState('connecting');
    this.#dial();
  }

  /** Whether the text is on its way. */
  say(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify({ text }));
    return true;
  }

  #dial() {
    const url = new URL('chat', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('name', this.#name);
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.#attempts = 0; // it does not only accept connections, it works
      this.#onEvent(JSON.parse(data));
    };
    socket.onopen = () => this.#onState('open');
    socket.onclose = () => this.#lose();
  }

  /** The connection is gone, or as good as gone: come back later. */
  #lose() {
    this.#drop();
    this.#onState('reconnecting');
    const pause = Math.min(longestPause, firstPause * 2 ** this.#attempts++);
    this.#timer = setTimeout(() => this.#dial(), pause * (0.5 + Math.random() / 2));
  }

  /** Things look better: do not wait for the pause to end. */
  #hurry() {
    if (this.#name === undefined || this.#socket !== undefined) return;
    this.#drop();
    this.#dial();
  }

  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
