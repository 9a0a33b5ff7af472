import { ConnectError, type ConnectFailure, type ConnectOptions, connect, type DeflateOptions, listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { startFakeServer } from '../support/fake-server.ts';
import { connectAgainst, deflate, serveAnswer } from '../support/negotiation.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';

type Options = Partial<ConnectOptions<never, never, never>>;

/** What `connect` fails with against a server that accepts these extensions, a line of the header each. */
async function failureAgainst(answer: readonly string[], secure: boolean, options: Options): Promise<ConnectFailure> {
  await using server = await startFakeServer({ secure });
  const { handler, requests } = createRecording();
  const tls = { ca: (await certificate()).cert };
  const outcome = connect(server.url, { tls, ...options, handler }).catch((error: unknown) => error);
  const { peer } = await serveAnswer(server, answer);
  using _ = peer;
  const error = await outcome;
  if (!(error instanceof ConnectError)) throw new Error('not a ConnectError', { cause: error });
  expect(error.response?.headers.all('sec-websocket-extensions')).toEqual(answer);
  expect(requests.length).toBe(0); // no session was begun
  await peer.closed; // and the connection is not left open
  return error.failure;
}

type Reason = Extract<ConnectFailure, { code: 'badCompression' }>['reason'];

describe.each(schemes)('a client over $scheme', ({ secure }) => {
  const windows: [string, string][] = ['0', '7', '16', '010', '-8', 'abc', '1e1', '99999999999999999999'].flatMap(
    (bits) => [
      [`server_max_window_bits=${bits}`, 'badServerMaxWindowBits'],
      [`client_max_window_bits=${bits}`, 'badClientMaxWindowBits'],
    ],
  );
  const answers: [answer: string, reason: string, compress?: DeflateOptions][] = [
    ...windows,
    ['server_max_window_bits="16"', 'badServerMaxWindowBits'],
    ['server_max_window_bits', 'badServerMaxWindowBits'],
    ['client_max_window_bits', 'badClientMaxWindowBits'],
    ['mystery', 'unknownParameter'],
    ['__proto__=1', 'unknownParameter'],
    ['server_no_context_takeover; server_no_context_takeover', 'duplicateParameter'],
    ['server_max_window_bits=10; server_max_window_bits=12', 'duplicateParameter'],
    ['client_max_window_bits=10; client_max_window_bits=10', 'duplicateParameter'],
    ['client_no_context_takeover=true', 'unexpectedValue'],
    ['server_no_context_takeover=1', 'unexpectedValue'],
    ['server_max_window_bits=12', 'badServerMaxWindowBits', { serverMaxWindowBits: 11 }],
    ['client_max_window_bits=12', 'badClientMaxWindowBits', { clientMaxWindowBits: 11 }],
    ['client_no_context_takeover', 'missingServerNoContextTakeover', { serverNoContextTakeover: true }],
    ['client_no_context_takeover', 'missingServerMaxWindowBits', { serverMaxWindowBits: 11 }],
  ];

  it.each(answers)(
    'D08 fails the connection for the answer %s: %s (RFC 7692 §7.1)',
    async (answer, reason, compress = {}) => {
      const failure = await failureAgainst([`${deflate}; ${answer}`], secure, { compress });
      expect(failure).toEqual({ code: 'badCompression', reason });
    },
  );

  it.each([
    [[`${deflate}, ${deflate}`]],
    [[deflate, `${deflate}; server_max_window_bits=10`]],
    [[`${deflate}; mystery`, deflate]],
  ])('D08 fails the connection when the answer names permessage-deflate twice: %j (RFC 7692 §5)', async (answer) => {
    const reason: Reason = 'duplicateExtension';
    expect(await failureAgainst(answer, secure, { compress: true })).toEqual({ code: 'badCompression', reason });
  });

  it('D08 fails the connection for an answer that is no list of extensions (RFC 6455 §9.1)', async () => {
    for (const answer of [`${deflate}; server_max_window_bits=`, `${deflate}; a="`, `${deflate} x`]) {
      expect(await failureAgainst([answer], secure, { compress: true })).toEqual({ code: 'badExtensions' });
    }
  });

  it('D08 fails the connection for an extension that was not offered, beside one that was (RFC 6455 §9.1)', async () => {
    for (const name of ['x-webkit-deflate-frame', 'permessage-bzip2', 'Permessage-Deflate']) {
      const failure = await failureAgainst([`${deflate}, ${name}`], secure, { compress: true });
      expect(failure).toEqual({ code: 'unrequestedExtension', name });
    }
  });

  it('fails the connection for permessage-deflate that it did not offer (RFC 6455 §9.1)', async () => {
    const failure = { code: 'unrequestedExtension', name: deflate };
    for (const options of [{}, { compress: false }, { extensions: ['x-own'] }]) {
      expect(await failureAgainst([deflate], secure, options)).toEqual(failure);
    }
  });

  it('offers nothing unless it is told to', async () => {
    expect(await connectAgainst({ secure, answer: [] })).toMatchObject({ offer: undefined });
    expect(await connectAgainst({ secure, compress: false, answer: [] })).toMatchObject({ offer: undefined });
  });

  it('offers permessage-deflate before the extensions of the application, which it can have with it', async () => {
    const extensions = ['x-own; level=2', 'x-other'];
    const { offer, request } = await connectAgainst({ secure, compress: true, extensions, answer: ['x-own', deflate] });
    expect(offer).toBe(`${deflate}; client_max_window_bits, x-own; level=2, x-other`);
    expect(request.compression?.server).toEqual({ contextTakeover: true, windowBits: 15 });
  });

  it('goes on uncompressed when the server declines (RFC 7692 §5)', async () => {
    const { offer, request } = await connectAgainst({ secure, compress: true, answer: [] });
    expect(offer).toBe(`${deflate}; client_max_window_bits`);
    expect(request).toMatchObject({ response: { status: 101 }, compression: undefined });
  });

  it('agrees with a server of ours on one and the same', async () => {
    const { handler: serving, requests: served } = createRecording();
    const options = { serverMaxWindowBits: 10, clientNoContextTakeover: true } as const;
    await using server = await listen({ ...(await listenWith(secure)), handler: serving, compress: options });
    const { handler, requests } = createRecording();
    const tls = { ca: (await certificate()).cert };
    const session = await connect(server.url, { handler, tls, compress: { clientMaxWindowBits: 9 } });
    const { compression, host, httpVersion } = await requests.next();
    expect(compression).toEqual({
      server: { contextTakeover: true, windowBits: 10 },
      client: { contextTakeover: false, windowBits: 9 },
    });
    const seen = await served.next();
    expect(seen).toMatchObject({ compression, host, httpVersion: '1.1' });
    expect([host, httpVersion]).toEqual([`127.0.0.1:${server.port}`, '1.1']);
    session.send({ type: 'stop', reason: 'done' });
  });
});

describe('connect', () => {
  it('refuses to offer permessage-deflate as an extension of the application: the session must know of it', async () => {
    await using server = await startFakeServer();
    for (const compress of [true, false]) {
      for (const extensions of [[deflate], ['x-own', `${deflate}; server_max_window_bits=9`], [`x-own, ${deflate}`]]) {
        const connecting = connect(server.url, { handler: echo, compress, extensions });
        await expect(connecting).rejects.toMatchObject({
          name: 'ConnectError',
          failure: { code: 'reservedExtension', name: deflate },
          message: expect.stringContaining('compress'),
        });
      }
    }
    expect(server.accepted).toBe(0);
  });

  it('rejects with a RangeError for options out of range, and dials nobody', async () => {
    await using server = await startFakeServer();
    for (const compress of [{ level: 10 }, { memLevel: 0 }, { threshold: -1 }]) {
      await expect(connect(server.url, { handler: echo, compress })).rejects.toThrow(RangeError);
    }
    expect(server.accepted).toBe(0);
  });
});
