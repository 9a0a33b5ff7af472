import { once } from 'node:events';
import {
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { selectCases } from '../../compliance/catalogue.ts';
import { fuzzServer } from '../../compliance/fuzzing-client.ts';
import { FuzzingServer } from '../../compliance/fuzzing-server.ts';
import type { CaseResult } from '../../compliance/run/run-case.ts';
import { encodeFrame } from '../../compliance/wire/frame.ts';

const pace = { pause: 50, patience: 400 };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Script = (stream: ServerHttp2Stream) => void;

const close1000 = encodeFrame({ fin: true, rsv: 0, opcode: 8, payload: Buffer.of(3, 232) }, { masked: false });
const accept: Script = (stream) => stream.respond({ ':status': 200 });

/** A server that says what it says, whatever it hears. */
async function serve(script: Script, enableConnectProtocol = true): Promise<URL> {
  const server = createServer({ settings: { enableConnectProtocol } });
  server.on('stream', (stream: ServerHttp2Stream) => script(stream.on('error', () => {}).resume()));
  server.on('session', (session) => void closers.push(() => session.destroy()));
  closers.push(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return new URL(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : address}`);
}

/** Send a close frame to such a server, and judge what it does. */
async function judge(script: Script, enableConnectProtocol = true): Promise<CaseResult> {
  const url = await serve(script, enableConnectProtocol);
  const [result] = await fuzzServer({ url, http2: true, cases: selectCases('7.7.1'), pace, concurrency: 1 });
  if (result === undefined) throw new Error('no result');
  return result;
}

/** RST_STREAM with CANCEL, when what has been said before has been sent. */
const reset: Script = (stream) => {
  const controller = new AbortController();
  addAbortSignal(controller.signal, stream);
  setImmediate(() => controller.abort());
};

describe('verdict on the closing handshake on a stream of HTTP/2 (RFC 8441 §5)', () => {
  it.each<[string, string, Script]>([
    ['OK', 'a close frame comes back with END_STREAM', (stream) => stream.end(close1000)],
    [
      'UNCLEAN',
      'a close frame comes back, but the stream is reset',
      (stream) => stream.write(close1000, () => reset(stream)),
    ],
    ['UNCLEAN', 'END_STREAM comes without a close frame', (stream) => stream.end()],
    ['UNCLEAN', 'the stream is reset', reset],
    ['FAILED BY CLIENT', 'the stream does not end', (stream) => void stream.write(close1000)],
  ])('is %s when %s', async (verdict, _title, script) => {
    const { behaviorClose } = await judge((stream) => {
      accept(stream);
      stream.once('data', () => script(stream));
    });
    expect(behaviorClose).toBe(verdict);
  });
});

describe('verdict on the handshake on a stream of HTTP/2', () => {
  const answering =
    (headers: OutgoingHttpHeaders): Script =>
    (stream) =>
      stream.respond(headers);

  it.each<[string, Script]>([
    ['the server answered 501', answering({ ':status': 501 })],
    ['a subprotocol that was not asked for', answering({ ':status': 200, 'sec-websocket-protocol': 'chat' })],
    [
      'Sec-WebSocket-Extensions does not fit the offer: permessage-deflate',
      answering({ ':status': 200, 'sec-websocket-extensions': 'permessage-deflate' }),
    ],
    ['the stream broke during the handshake: RST_STREAM with error code 7', (stream) => stream.close(7)],
    ['no handshake within 400 ms', () => {}],
  ])('is FAILED: %s', async (reason, script) => {
    expect(await judge(script)).toMatchObject({ behavior: 'FAILED', seen: [reason] });
  });

  it('is FAILED for a server whose settings do not allow it (RFC 8441 §3)', async () => {
    const seen = ['no SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3)'];
    expect(await judge(accept, false)).toMatchObject({ behavior: 'FAILED', seen });
  });

  it.each([
    [{ ':protocol': 'mqtt' }, 'no request for a WebSocket: mqtt'],
    [{ ':scheme': 'ftp' }, 'the request has no :scheme of HTTP'],
    [{ 'sec-websocket-version': '12' }, 'Sec-WebSocket-Version is not 13'],
  ])('is FAILED for a client that asks with %j, which is answered 400', async (changes, reason) => {
    const server = await FuzzingServer.listen({ cases: selectCases('2.1'), pace, http2: true });
    const session = connect(server.url.replace('ws', 'http'));
    closers.push(
      () => server.close(),
      () => session.destroy(),
    );
    const stream: ClientHttp2Stream = session.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': 'http',
        ':authority': 'localhost',
        ':path': '/runCase?case=1&agent=a',
        'sec-websocket-version': '13',
        ...changes,
      },
      { endStream: false },
    );
    const [response] = await once(stream, 'response');
    expect(response[':status']).toBe(constants.HTTP_STATUS_BAD_REQUEST);
    await text(stream);
    expect(server.resultsOf('a')).toMatchObject([{ behavior: 'FAILED', seen: [reason] }]);
  });
});

it('knows no case beyond the last, over HTTP/2 either', async () => {
  const server = await FuzzingServer.listen({ cases: selectCases('2.1'), pace, http2: true });
  closers.push(() => server.close());
  const url = new URL(`${server.url}/runCase?case=2&agent=a`);
  const [result] = await fuzzServer({ url, http2: true, cases: selectCases('2.1'), pace, concurrency: 1 });
  expect(result?.seen).toEqual(['the server answered 404']);
});
