import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { DeflateDemand } from '../case.ts';
import { shakeHandsAsClient } from './handshake.ts';
import { shakeHandsOnNewStream } from './http2-handshake.ts';
import { maxSessionMemory } from './http2-socket.ts';
import type { Opened } from './opened.ts';

/** Opens WebSockets at one URL. A server's certificate may be anybody's. */
export interface Dialer extends Disposable {
  /**
   * Open one, for which permessage-deflate is to be negotiated in this order of preference. Rejects when there is no
   * correct handshake within `timeout` ms.
   */
  open(demands: readonly DeflateDemand[], timeout: number): Promise<Opened>;
}

/** Over HTTP/1.1: a connection for each. */
export class Http1Dialer implements Dialer {
  readonly #url: URL;

  constructor(url: URL) {
    this.#url = url;
  }

  async open(demands: readonly DeflateDemand[], timeout: number): Promise<Opened> {
    const socket = this.#dial();
    try {
      return { socket, handshake: await shakeHandsAsClient(socket, this.#url, demands, timeout) };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  [Symbol.dispose](): void {}

  #dial(): Duplex {
    const { hostname, port, protocol } = this.#url;
    const secure = protocol === 'wss:';
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const target = { host, port: Number(port) || (secure ? 443 : 80), noDelay: true };
    const socket = secure ? connectTls({ ...target, rejectUnauthorized: false }) : connectTcp(target);
    return socket.on('error', () => {}); // whoever reads hears of it
  }
}

/** Over HTTP/2: a stream for each, of one connection for all; of a new one when a server has ended it. */
export class Http2Dialer implements Dialer {
  readonly #url: URL;
  #session: ClientHttp2Session | undefined;

  constructor(url: URL) {
    this.#url = url;
  }

  async open(demands: readonly DeflateDemand[], timeout: number): Promise<Opened> {
    return await shakeHandsOnNewStream(this.#connection(), this.#url, demands, timeout);
  }

  [Symbol.dispose](): void {
    this.#session?.destroy();
  }

  #connection(): ClientHttp2Session {
    const { host, protocol } = this.#url;
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connectHttp2(`${protocol === 'wss:' ? 'https' : 'http'}://${host}`, {
        rejectUnauthorized: false,
        maxSessionMemory,
      });
      this.#session.setMaxListeners(0).on('error', () => {}); // whoever waits for a stream hears of it
    }
    return this.#session;
  }
}
