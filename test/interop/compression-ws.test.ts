import { once } from 'node:events';
import { connect, type DeflateOptions, listen, send, text, type WindowBits } from 'genws';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { certificate } from '../support/certificate.ts';
import { plainMessage, randomMessages } from '../support/random-messages.ts';
import { createRecording } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';
import { serveWs, type WsPeer, wsPeer } from '../support/ws-peer.ts';

const allWindowBits = [8, 9, 10, 11, 12, 13, 14, 15] as const satisfies WindowBits[];

/** Every window of each side, with every way to take contexts over. */
const sets = [false, true].flatMap((serverNoContextTakeover) =>
  [false, true].flatMap((clientNoContextTakeover) =>
    allWindowBits.map((serverMaxWindowBits, i) => ({
      serverNoContextTakeover,
      clientNoContextTakeover,
      serverMaxWindowBits,
      clientMaxWindowBits: allWindowBits[(i + 5) % 8] ?? 15,
    })),
  ),
);

/** What the parameters come to. */
const agreement = (params: (typeof sets)[number]) => ({
  server: { contextTakeover: !params.serverNoContextTakeover, windowBits: params.serverMaxWindowBits },
  client: { contextTakeover: !params.clientNoContextTakeover, windowBits: params.clientMaxWindowBits },
});

/** Text that repeats itself within every window and beyond the smaller ones, within a message and between several. */
const messages = [0, 3, 20, 100, 700, 2500, 700, 20].map((words, turn) =>
  Array.from({ length: words }, (_, at) => `${(at * 7919 + turn) % 613}:grüße an ${at % 5} 👋`).join(' '),
);

/** What each side sends, the other one hears; all of it under way at once. */
async function converse(
  ours: { send(message: string | Uint8Array): void; hear(): Promise<string> },
  theirs: WsPeer,
  said: readonly (string | Uint8Array)[],
): Promise<void> {
  for (const message of said) {
    ours.send(message);
    theirs.socket.send(message);
  }
  for (const message of said) {
    const plain = plainMessage(message);
    expect((await theirs.heard.next()) === plain).toBe(true);
    expect((await ours.hear()) === plain).toBe(true);
  }
  theirs.socket.close(1000);
  expect(await theirs.closed).toBe('1000');
}

/** The parameters are the wish of the client or of the server. */
const wishes = ['offered', 'wanted by the server'] as const;
const everything = { threshold: 0 };

/** A server of ours and ws as its client, or the other way round. */
async function meet({
  ours,
  theirs,
  weServe,
  secure = false,
}: {
  readonly ours: DeflateOptions;
  readonly theirs: object;
  readonly weServe: boolean;
  readonly secure?: boolean;
}) {
  const { handler, frames, requests, sessions } = createRecording();
  if (weServe) {
    const server = await listen({ ...(await listenWith(secure)), handler, compress: ours });
    const peer = wsPeer(new WebSocket(server.url, { perMessageDeflate: theirs, rejectUnauthorized: false }));
    await once(peer.socket, 'open');
    return { peer, frames, requests, sessions, stop: () => server.stop() };
  }
  const server = await serveWs({ perMessageDeflate: theirs }, secure);
  await connect(server.url, { handler, compress: ours, tls: { ca: (await certificate()).cert } });
  return { peer: await server.peers.next(), frames, requests, sessions, stop: () => server[Symbol.asyncDispose]() };
}

describe.each([
  { role: 'client', weServe: true },
  { role: 'server', weServe: false },
])('ws as our $role', ({ weServe }) => {
  describe.each(wishes)('with parameters that are %s (RFC 7692 §7.1)', (wish) => {
    const oursIs = weServe === (wish === 'wanted by the server');

    it.each(sets)('%o', async (params) => {
      const { peer, frames, requests, sessions, stop } = await meet({
        weServe,
        ours: { ...everything, ...(oursIs ? params : {}) },
        theirs: { ...everything, ...(oursIs ? {} : params) },
      });
      expect((await requests.next()).compression).toEqual(agreement(params));
      const session = await sessions.next();
      await converse(
        {
          send: (message) =>
            send(session, typeof message === 'string' ? text(message) : { type: 'binary', data: message }),
          hear: () => frames.next(),
        },
        peer,
        messages,
      );
      await stop();
    });
  });

  it.each(schemes)(
    'hears and says random messages of all sizes over $scheme, unchanged and in order',
    async ({ secure }) => {
      for (const takeover of [false, true]) {
        const params = { serverNoContextTakeover: takeover, clientNoContextTakeover: takeover };
        const { peer, frames, requests, sessions, stop } = await meet({
          weServe,
          secure,
          ours: params,
          theirs: params,
        });
        expect((await requests.next()).compression?.server.contextTakeover).toBe(!takeover);
        const session = await sessions.next();
        await converse(
          {
            send: (message) =>
              send(session, typeof message === 'string' ? text(message) : { type: 'binary', data: message }),
            hear: () => frames.next(),
          },
          peer,
          [...randomMessages(`ws ${takeover}`)],
        );
        await stop();
      }
    },
  );

  it('says a compressed message in many fragments, with pings between them, which is one to us (RFC 7692 §6.1)', async () => {
    const { peer, frames, stop } = await meet({ weServe, ours: everything, theirs: everything });
    for (const turn of [1, 2]) {
      for (const piece of messages.slice(1, 5)) {
        peer.socket.send(piece, { fin: false });
        peer.socket.ping('abc');
      }
      peer.socket.send(`the end ${turn}`, { fin: true });
      for (let pings = 4; pings > 0; pings--) {
        expect(await frames.next()).toBe('ping 616263');
        expect(await peer.heard.next()).toBe('pong 616263');
      }
      expect(await frames.next()).toBe(`text ${messages.slice(1, 5).join('')}the end ${turn}`);
    }
    await stop();
  });
});
