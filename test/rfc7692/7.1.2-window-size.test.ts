import { type DeflateDirection, type DeflateOptions, listen, type WindowBits } from 'genws';
import { describe, expect, it } from 'vitest';
import { answerTo, connectAgainst, deflate } from '../support/negotiation.ts';
import { echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';

const allWindowBits = [8, 9, 10, 11, 12, 13, 14, 15] as const;
const window = (windowBits: WindowBits): DeflateDirection => ({ contextTakeover: true, windowBits });

describe.each(schemes)('a server over $scheme', ({ secure }) => {
  const answer = async (compress: DeflateOptions, ...offer: readonly string[]): Promise<string | undefined> => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, compress });
    return await answerTo({ port: server.port, secure }, ...offer);
  };

  describe('about the client’s window (§7.1.2.2)', () => {
    const hint = `${deflate}; client_max_window_bits`;

    it.each(allWindowBits)('answers the bare hint with its own limit, %i', async (bits) => {
      expect(await answer({ clientMaxWindowBits: bits }, hint)).toBe(`${hint}=${bits}`);
    });

    it.each([
      { offered: 8, limit: 9, agreed: 8 },
      { offered: 9, limit: 9, agreed: 9 },
      { offered: 12, limit: 9, agreed: 9 },
      { offered: 15, limit: 8, agreed: 8 },
      { offered: 8, limit: 15, agreed: 8 },
    ] as const)('answers $offered under a limit of $limit with $agreed', async ({ offered, limit, agreed }) => {
      expect(await answer({ clientMaxWindowBits: limit }, `${hint}=${offered}`)).toBe(`${hint}=${agreed}`);
    });

    it.each([8, 9, 14] as const)(
      'agrees on no compression with a client that cannot be told of its limit of %i',
      async (bits) => {
        expect(await answer({ clientMaxWindowBits: bits }, deflate)).toBeUndefined();
        expect(await answer({ clientMaxWindowBits: bits }, `${deflate}; server_max_window_bits=9`)).toBeUndefined();
      },
    );

    it('D09 takes a later offer that can be told of its limit', async () => {
      expect(await answer({ clientMaxWindowBits: 9 }, `${deflate}, ${hint}`)).toBe(`${hint}=9`);
    });

    it('never names the client’s window to a client that did not', async () => {
      expect(await answer({ clientMaxWindowBits: 15 }, deflate)).toBe(deflate);
      expect(await answer({ serverMaxWindowBits: 9 }, deflate)).toBe(`${deflate}; server_max_window_bits=9`);
    });
  });

  describe('about its own window (§7.1.2.1)', () => {
    const limited = `${deflate}; server_max_window_bits`;

    it.each(allWindowBits)('agrees to the %i that is asked for', async (bits) => {
      expect(await answer({}, `${limited}=${bits}`)).toBe(`${limited}=${bits}`);
    });

    it.each([8, 9, 14] as const)('announces its limit of %i unasked', async (bits) => {
      expect(await answer({ serverMaxWindowBits: bits }, deflate)).toBe(`${limited}=${bits}`);
    });

    it.each([
      { offered: 8, limit: 9, agreed: 8 },
      { offered: 9, limit: 9, agreed: 9 },
      { offered: 12, limit: 9, agreed: 9 },
      { offered: 15, limit: 8, agreed: 8 },
    ] as const)('answers $offered under a limit of $limit with $agreed', async ({ offered, limit, agreed }) => {
      expect(await answer({ serverMaxWindowBits: limit }, `${limited}=${offered}`)).toBe(`${limited}=${agreed}`);
    });
  });

  it.each(['7', '16', '0', '010', '-9', '9.5', '1e1', '0x9', 'abc', '99999999999999999999'])(
    'D09 agrees on no compression for a window of %s',
    async (bits) => {
      expect(await answer({}, `${deflate}; client_max_window_bits=${bits}`)).toBeUndefined();
      expect(await answer({}, `${deflate}; server_max_window_bits=${bits}`)).toBeUndefined();
    },
  );

  it('D09 agrees on no compression for server_max_window_bits without a value', async () => {
    expect(await answer({}, `${deflate}; server_max_window_bits`)).toBeUndefined();
  });
});

describe.each(schemes)('a client over $scheme', ({ secure }) => {
  const rows: readonly {
    what: string;
    compress: true | DeflateOptions;
    offered: string;
    answer: string;
    agreed: { server: DeflateDirection; client: DeflateDirection };
  }[] = [
    {
      what: 'can be told of any limit of its window (§7.1.2.2)',
      compress: true,
      offered: 'client_max_window_bits',
      answer: 'client_max_window_bits=8',
      agreed: { server: window(15), client: window(8) },
    },
    {
      what: 'names its own limit, and takes a lower one (§7.1.2.2)',
      compress: { clientMaxWindowBits: 12 },
      offered: 'client_max_window_bits=12',
      answer: 'client_max_window_bits=10',
      agreed: { server: window(15), client: window(10) },
    },
    {
      what: 'holds to its own limit when the server says nothing of it (§7.1.2.2)',
      compress: { clientMaxWindowBits: 8 },
      offered: 'client_max_window_bits=8',
      answer: 'server_no_context_takeover',
      agreed: { server: { contextTakeover: false, windowBits: 15 }, client: window(8) },
    },
    {
      what: 'demands a limit of the server, and takes a lower one (§7.1.2.1)',
      compress: { serverMaxWindowBits: 9 },
      offered: 'server_max_window_bits=9; client_max_window_bits',
      answer: 'server_max_window_bits=8',
      agreed: { server: window(8), client: window(15) },
    },
    {
      what: 'takes a limit of the server that it did not ask for (§7.1.2.1)',
      compress: true,
      offered: 'client_max_window_bits',
      answer: 'server_max_window_bits=11',
      agreed: { server: window(11), client: window(15) },
    },
  ];

  it.each(rows)('$what', async ({ compress, offered, answer, agreed }) => {
    const { offer, request } = await connectAgainst({ secure, compress, answer: [`${deflate}; ${answer}`] });
    expect(offer).toBe(`${deflate}; ${offered}`);
    expect(request.compression).toEqual(agreed);
  });
});
