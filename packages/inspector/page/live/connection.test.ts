import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProcessMessage } from '../../src/protocol.ts';
import { Connection, liveUrl } from './connection.ts';

const sockets: FakeSocket[] = [];

class FakeSocket {
  static readonly OPEN = 1;
  readonly url: URL;
  readonly subprotocol: string;
  readonly sent: string[] = [];
  readyState = 0;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(url: URL, subprotocol: string) {
    this.url = url;
    this.subprotocol = subprotocol;
    sockets.push(this);
  }

  hello(): void {
    this.readyState = FakeSocket.OPEN;
    this.onmessage?.({
      data: JSON.stringify({ type: 'hello', title: 't', servers: [], chart: { states: [], transitions: [] } }),
    });
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.readyState = 3;
  }
}

const latest = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error('nothing was dialled');
  return socket;
};

beforeEach(() => {
  sockets.length = 0;
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal('WebSocket', FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the connection to the process', () => {
  it('is next to the page, wherever that is mounted', () => {
    expect(liveUrl('http://localhost:8080/inspector/?a=1#b').href).toBe('ws://localhost:8080/inspector/live');
    expect(liveUrl('https://example.org/').href).toBe('wss://example.org/live');
  });

  it('is there when the process has said hello, not before', () => {
    const messages: ProcessMessage[] = [];
    const connection = new Connection(liveUrl('http://a/'), (message) => messages.push(message));
    connection.dial();
    expect(latest().subprotocol).toBe('genws.inspector');
    expect(connection.state.value).toEqual({ type: 'connecting' });
    latest().hello();
    expect(connection.state.value).toEqual({ type: 'live' });
    expect(messages).toMatchObject([{ type: 'hello' }]);
    connection.send({ type: 'ready' });
    expect(latest().sent).toEqual(['{"type":"ready"}']);
  });

  it('comes back after pauses that grow, and remembers since when it was gone', () => {
    const connection = new Connection(liveUrl('http://a/'), () => {});
    connection.dial();
    latest().hello();
    latest().onclose?.();
    expect(connection.state.value).toMatchObject({ type: 'lost', since: 1_000_000 });
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    expect(connection.state.value).toEqual({ type: 'lost', since: 1_000_000, retryAt: undefined });
    latest().onclose?.();
    vi.advanceTimersByTime(499);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(501);
    expect(sockets).toHaveLength(3);
    latest().hello();
    expect(connection.state.value).toEqual({ type: 'live' });
    latest().onclose?.();
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(4);
  });

  it('is given up after 15 s without a word, not sooner', () => {
    const connection = new Connection(liveUrl('http://a/'), () => {});
    connection.dial();
    latest().hello();
    vi.advanceTimersByTime(15_000);
    connection.check();
    expect(connection.state.value).toEqual({ type: 'live' });
    vi.advanceTimersByTime(1);
    connection.check();
    expect(connection.state.value).toMatchObject({ type: 'lost', since: 1_015_001 });
  });

  it('does not dial twice, and says nothing to a process that is not there', () => {
    const connection = new Connection(liveUrl('http://a/'), () => {});
    connection.dial();
    connection.dial();
    connection.send({ type: 'ready' });
    expect(sockets).toHaveLength(1);
    expect(latest().sent).toEqual([]);
  });

  it('takes what is not its language for a loss', () => {
    const connection = new Connection(liveUrl('http://a/'), () => {});
    connection.dial();
    latest().onmessage?.({ data: '<html>' });
    expect(connection.state.value).toMatchObject({ type: 'lost' });
  });
});
