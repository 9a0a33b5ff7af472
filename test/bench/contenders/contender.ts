import { fileURLToPath } from 'node:url';

/** A server that takes part: a program to start, or one that runs already. */
export interface Contender {
  readonly name: string;
  readonly server: string | RunningPeer;
  /** For the program, beside what it needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** It returns bytes as they come, without WebSocket: no handshake, and its own frames come back. */
  readonly bare?: boolean;
}

/** A server that others have started. */
export interface RunningPeer {
  readonly url: URL;
  /** Its process, if that is known: without it nobody can say what CPU time it needs. */
  readonly pid?: number | undefined;
}

const echoServer = new URL('../../../examples/echo-server.ts', import.meta.url);
const wsServer = new URL('./ws-server.ts', import.meta.url);
const rawServer = new URL('./raw-server.ts', import.meta.url);
const slowHandlerServer = new URL('./slow-handler-server.ts', import.meta.url);

export const genws: Contender = { name: 'genws', server: fileURLToPath(echoServer) };
export const ws: Contender = { name: 'ws', server: fileURLToPath(wsServer) };
export const raw: Contender = { name: 'raw', server: fileURLToPath(rawServer), bare: true };

/** Its sessions on /slow take their time. */
export const slowHandler: Contender = { name: 'genws', server: fileURLToPath(slowHandlerServer) };

/** Its inspector is mounted, watched by a page, or not there. */
export const inspected = (inspector: 'mounted' | 'watched' | 'none'): Contender => ({
  name: 'genws',
  server: fileURLToPath(new URL('./inspected-server.ts', import.meta.url)),
  env: { INSPECTOR: inspector },
});

/** `name=ws://host:port`, with `,pid` if its CPU time is to be measured; or what is wrong with it. */
export function parsePeer(text: string): Contender | string {
  const [, name, address = '', pid] = /^([^=]+)=([^,]+)(?:,(\d+))?$/.exec(text) ?? [];
  if (name === undefined) return `a peer is name=ws://host:port[,pid], and not ${text}`;
  if (!URL.canParse(address)) return `${address} is no URL`;
  const url = new URL(address);
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return `${address} is neither ws: nor wss:`;
  return { name, server: { url, pid: pid === undefined ? undefined : Number(pid) } };
}
