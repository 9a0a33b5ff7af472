import { type ConnectOptions, connect, type SessionRequest } from 'genws';
import { certificate } from './certificate.ts';
import { type FakeServer, startFakeServer, switching } from './fake-server.ts';
import { openRaw, upgradeRequest, type Where } from './raw-client.ts';
import type { RawConnection } from './raw-connection.ts';
import { createRecording } from './recording.ts';

/** The name that RFC 7692 gives its extension, to write offers and answers with. */
export const deflate = 'permessage-deflate';

/**
 * Offer extensions to a server, a line of the header each, and have its answer: the value of
 * `Sec-WebSocket-Extensions`, all lines of it, or `undefined`. The WebSocket must have been opened.
 */
export async function answerTo(where: Where, ...offer: readonly string[]): Promise<string | undefined> {
  using client = await openRaw(where);
  await client.write(upgradeRequest({ headers: { 'Sec-WebSocket-Extensions': offer } }));
  const { startLine, headers } = await client.head();
  if (!startLine.startsWith('HTTP/1.1 101 ')) throw new Error(`no WebSocket: ${startLine}`);
  return headers.get('sec-websocket-extensions');
}

/** What {@link serveAnswer} saw of a client. */
export interface ServedClient {
  readonly peer: RawConnection;
  /** The extensions that it offered, if any. */
  readonly offer: string | undefined;
}

/** Answer the next client of a server as it should be, and with these extensions, a line of the header each. */
export async function serveAnswer(server: FakeServer, answer: readonly string[]): Promise<ServedClient> {
  const peer = await server.connections.next();
  const request = await peer.head();
  await peer.write(switching(request, ...answer.map((line) => `Sec-WebSocket-Extensions: ${line}`)));
  return { peer, offer: request.headers.get('sec-websocket-extensions') };
}

/** What a client offers, and what the server is to answer, a line of the header each. */
export interface ClientNegotiation extends Pick<ConnectOptions<never, never, never>, 'compress' | 'extensions'> {
  readonly secure: boolean;
  readonly answer: readonly string[];
}

/** Connect a client of ours to a server that answers so: the extensions it offered, and what its session was told. */
export async function connectAgainst({ secure, answer, ...options }: ClientNegotiation): Promise<{
  readonly offer: string | undefined;
  readonly request: SessionRequest;
}> {
  await using server = await startFakeServer({ secure });
  const { handler, requests } = createRecording();
  const tls = { ca: (await certificate()).cert };
  const connecting = connect(server.url, { ...options, handler, tls });
  const [{ offer }, session] = await Promise.all([serveAnswer(server, answer), connecting]);
  const request = await requests.next();
  session.send({ type: 'stop', reason: 'done' });
  return { offer, request };
}
