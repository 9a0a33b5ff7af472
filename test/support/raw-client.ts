import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { tcpBelow } from './below.ts';
import { RawConnection } from './raw-connection.ts';
import { fromClient } from './raw-frame.ts';

/** Where a raw client connects: a server of any kind. */
export interface Where {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Over TLS, whatever the certificate. */
  readonly secure?: boolean | undefined;
  /** Leave our direction open when the server ends its own. */
  readonly allowHalfOpen?: boolean | undefined;
}

/** Open a connection and say nothing. */
export async function openRaw({ port, host = '127.0.0.1', secure, allowHalfOpen = false }: Where) {
  const tcp = connectTcp({ port, host, allowHalfOpen });
  await once(tcp, 'connect');
  if (!secure) return new RawConnection(tcp);
  const socket = connectTls({ socket: tcp, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return new RawConnection(socket, tcpBelow(tcp));
}

/** What a request differs in from the one of RFC 6455 §1.3. */
export interface RequestOverrides {
  readonly method?: string;
  readonly path?: string;
  readonly version?: string;
  /** A header's value, several lines of it, or `undefined` to leave it out. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The key and its answer of RFC 6455 §1.3. */
export const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';
export const sampleAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** A request for a WebSocket, as text, right but for what the test wants otherwise. */
export function upgradeRequest({ method = 'GET', path = '/', version = '1.1', headers = {} }: RequestOverrides = {}) {
  const lines = Object.entries({
    Host: 'server.example.com',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': sampleKey,
    'Sec-WebSocket-Version': '13',
    ...headers,
  }).flatMap(([name, value = []]) => [value].flat().map((line) => `${name}: ${line}\r\n`));
  return `${method} ${path} HTTP/${version}\r\n${lines.join('')}\r\n`;
}

/** A text frame as a client writes it. */
export const textFrame = (payload: string): Buffer => fromClient({ opcode: 1, payload });

/** A close frame as a client writes it. */
export function closeFrame(code: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return fromClient({ opcode: 8, payload });
}

/** Ask for a WebSocket, and have it. */
export async function openWebSocket(where: Where, request: RequestOverrides = {}): Promise<RawConnection> {
  const client = await openRaw(where);
  await client.write(upgradeRequest(request));
  const { startLine } = await client.head();
  if (!startLine.startsWith('HTTP/1.1 101 ')) throw new Error(`no WebSocket: ${startLine}`);
  return client;
}
