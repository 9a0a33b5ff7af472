import { type DeflateDirection, type DeflateOptions, listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { answerTo, connectAgainst, deflate } from '../support/negotiation.ts';
import { echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';

const keeps: DeflateDirection = { contextTakeover: true, windowBits: 15 };
const forgets: DeflateDirection = { contextTakeover: false, windowBits: 15 };

const server = `${deflate}; server_no_context_takeover`;
const client = `${deflate}; client_no_context_takeover`;
const both = `${deflate}; server_no_context_takeover; client_no_context_takeover`;

describe.each(schemes)('a server over $scheme', ({ secure }) => {
  const rows: readonly { what: string; compress: DeflateOptions; offer: string; answer: string }[] = [
    { what: 'repeats an offered server_no_context_takeover (§7.1.1.1)', compress: {}, offer: server, answer: server },
    { what: 'repeats an offered client_no_context_takeover (§7.1.1.2)', compress: {}, offer: client, answer: client },
    { what: 'repeats both', compress: {}, offer: both, answer: both },
    {
      what: 'announces server_no_context_takeover of its own accord (§7.1.1.1)',
      compress: { serverNoContextTakeover: true },
      offer: deflate,
      answer: server,
    },
    {
      what: 'asks for client_no_context_takeover of its own accord (§7.1.1.2)',
      compress: { clientNoContextTakeover: true },
      offer: deflate,
      answer: client,
    },
    {
      what: 'names server_no_context_takeover once when both sides want it',
      compress: { serverNoContextTakeover: true },
      offer: server,
      answer: server,
    },
    {
      what: 'names client_no_context_takeover once when both sides want it',
      compress: { clientNoContextTakeover: true },
      offer: client,
      answer: client,
    },
    {
      what: 'adds what it wants to what is offered',
      compress: { clientNoContextTakeover: true },
      offer: server,
      answer: both,
    },
  ];

  it.each(rows)('$what', async ({ compress, offer, answer }) => {
    await using running = await listen({ ...(await listenWith(secure)), handler: echo, compress });
    expect(await answerTo({ port: running.port, secure }, offer)).toBe(answer);
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
      what: 'keeps both contexts when nobody says otherwise',
      compress: true,
      offered: deflate,
      answer: deflate,
      agreed: { server: keeps, client: keeps },
    },
    {
      what: 'demands server_no_context_takeover (§7.1.1.1)',
      compress: { serverNoContextTakeover: true },
      offered: server,
      answer: server,
      agreed: { server: forgets, client: keeps },
    },
    {
      what: 'takes server_no_context_takeover unasked (§7.1.1.1)',
      compress: true,
      offered: deflate,
      answer: server,
      agreed: { server: forgets, client: keeps },
    },
    {
      what: 'obeys client_no_context_takeover (§7.1.1.2)',
      compress: true,
      offered: deflate,
      answer: client,
      agreed: { server: keeps, client: forgets },
    },
    {
      what: 'holds to its own client_no_context_takeover, confirmed or not (§7.1.1.2)',
      compress: { clientNoContextTakeover: true },
      offered: client,
      answer: deflate,
      agreed: { server: keeps, client: forgets },
    },
  ];

  it.each(rows)('$what', async ({ compress, offered, answer, agreed }) => {
    const { offer, request } = await connectAgainst({ secure, compress, answer: [answer] });
    expect(offer).toBe(`${offered}; client_max_window_bits`);
    expect(request.compression).toEqual(agreed);
  });
});
