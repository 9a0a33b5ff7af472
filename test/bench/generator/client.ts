import { once } from 'node:events';
import { connect as connectTcp, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { upgradeRequest } from '../../support/raw-client.ts';
import type { Target } from './load.ts';

/** One for all connections: nobody keeps what has been read. */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);

const windows = 'permessage-deflate; client_max_window_bits';

/** What to ask the server for. */
export interface ClientRequest {
  readonly path?: string | undefined;
  readonly compress?: boolean;
}

/** A connection to the server that writes and reads bytes, with as little of Node.js in between as there can be. */
export class Client {
  readonly #socket: Socket;
  readonly #bare: boolean;
  readonly #request: ClientRequest;
  #head = '';
  #open: boolean;
  #leaving = false;
  readonly #opened = Promise.withResolvers<void>();
  /** Receives what the server sends, in a buffer that is used again. */
  onBytes: (bytes: Uint8Array, length: number) => void = () => {};
  /** Hears of the end of the connection. */
  onClose: () => void = () => {};

  constructor(target: Target, request: ClientRequest = {}) {
    this.#bare = target.bare;
    this.#open = target.bare;
    this.#request = request;
    this.#socket = dial(target, (length) => {
      if (this.#open) this.onBytes(readBuffer, length);
      else this.#readHead(readBuffer.subarray(0, length));
      return true;
    });
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error(`the server has ended the connection: ${this.#head}`)));
    once(this.#socket, target.secure ? 'secureConnect' : 'connect').then(
      () => this.#begin(),
      () => {},
    );
  }

  /** Resolves when messages can be sent. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Send these last bytes; from here on the server may end the connection. */
  leave(bytes: Uint8Array): void {
    this.#leaving = true;
    this.#socket.write(bytes);
  }

  #begin(): void {
    if (this.#bare) {
      this.#opened.resolve();
      return;
    }
    const { path = '/', compress = false } = this.#request;
    this.#socket.write(upgradeRequest({ path, headers: compress ? { 'Sec-WebSocket-Extensions': windows } : {} }));
  }

  #readHead(bytes: Buffer): void {
    this.#head += bytes.toString('latin1');
    if (!this.#head.includes('\r\n\r\n')) return;
    const agreed = /^sec-websocket-extensions: *permessage-deflate(?!.*no_context_takeover)/im.test(this.#head);
    if (!this.#head.startsWith('HTTP/1.1 101 ') || agreed !== (this.#request.compress ?? false)) {
      this.#end(new Error(`no WebSocket as it should be: ${this.#head}`));
      return;
    }
    this.#open = true;
    this.#opened.resolve();
  }

  #end(error: Error): void {
    if (this.#leaving) this.onClose();
    else if (this.#open && !this.#bare) throw error;
    else this.#opened.reject(error);
  }
}

function dial({ host, port, secure }: Target, callback: OnReadOpts['callback']): Socket {
  const onread: OnReadOpts = { buffer: readBuffer, callback };
  const options = { host, port, noDelay: true, rejectUnauthorized: false, onread };
  return secure ? connectTls(options) : connectTcp(options);
}
