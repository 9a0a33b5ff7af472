import { describe, expect, it } from 'vitest';
import { element, elements } from './elements.fixture.ts';
import { acceptDeflateResponse, type DeflateDirection, directionOf, negotiateDeflate } from './negotiation.ts';
import { deflateOffer } from './offer.ts';
import type { DeflateOptions, WindowBits } from './options.ts';

const takeover = (windowBits: WindowBits): DeflateDirection => ({ contextTakeover: true, windowBits });
const alone = (windowBits: WindowBits): DeflateDirection => ({ contextTakeover: false, windowBits });

describe("the server's answer (RFC 7692 §7.1)", () => {
  const D = 'permessage-deflate';
  type Row = [
    title: string,
    offer: string,
    policy: DeflateOptions,
    answer: string,
    server: DeflateDirection,
    client: DeflateDirection,
  ];
  const rows: Row[] = [
    ['agrees to a bare offer', D, {}, D, takeover(15), takeover(15)],
    [
      'answers the hint with its own limit',
      `${D}; client_max_window_bits`,
      {},
      `${D}; client_max_window_bits=15`,
      takeover(15),
      takeover(15),
    ],
    [
      'echoes server_no_context_takeover (RFC 7692 §7.1.1.1)',
      `${D}; server_no_context_takeover`,
      {},
      `${D}; server_no_context_takeover`,
      alone(15),
      takeover(15),
    ],
    [
      'demands server_no_context_takeover of its own accord',
      D,
      { serverNoContextTakeover: true },
      `${D}; server_no_context_takeover`,
      alone(15),
      takeover(15),
    ],
    [
      'names server_no_context_takeover once when both want it',
      `${D}; server_no_context_takeover`,
      { serverNoContextTakeover: true },
      `${D}; server_no_context_takeover`,
      alone(15),
      takeover(15),
    ],
    [
      'echoes client_no_context_takeover (RFC 7692 §7.1.1.2)',
      `${D}; client_no_context_takeover`,
      {},
      `${D}; client_no_context_takeover`,
      takeover(15),
      alone(15),
    ],
    [
      'demands client_no_context_takeover of its own accord',
      D,
      { clientNoContextTakeover: true },
      `${D}; client_no_context_takeover`,
      takeover(15),
      alone(15),
    ],
    [
      'names client_no_context_takeover once when both want it',
      `${D}; client_no_context_takeover`,
      { clientNoContextTakeover: true },
      `${D}; client_no_context_takeover`,
      takeover(15),
      alone(15),
    ],
    [
      'limits the client who hints',
      `${D}; client_max_window_bits`,
      { clientMaxWindowBits: 9 },
      `${D}; client_max_window_bits=9`,
      takeover(15),
      takeover(9),
    ],
    [
      'takes a smaller client window than its limit',
      `${D}; client_max_window_bits=8`,
      { clientMaxWindowBits: 9 },
      `${D}; client_max_window_bits=8`,
      takeover(15),
      takeover(8),
    ],
    [
      'lowers a larger client window to its limit',
      `${D}; client_max_window_bits=12`,
      { clientMaxWindowBits: 9 },
      `${D}; client_max_window_bits=9`,
      takeover(15),
      takeover(9),
    ],
    [
      'announces its own limit unasked',
      D,
      { serverMaxWindowBits: 9 },
      `${D}; server_max_window_bits=9`,
      takeover(9),
      takeover(15),
    ],
    [
      'takes a smaller server window than its limit',
      `${D}; server_max_window_bits=8`,
      { serverMaxWindowBits: 9 },
      `${D}; server_max_window_bits=8`,
      takeover(8),
      takeover(15),
    ],
    [
      'lowers a larger server window to its limit',
      `${D}; server_max_window_bits=12`,
      { serverMaxWindowBits: 9 },
      `${D}; server_max_window_bits=9`,
      takeover(9),
      takeover(15),
    ],
    [
      'echoes an offered server window of 15',
      `${D}; server_max_window_bits=15`,
      {},
      `${D}; server_max_window_bits=15`,
      takeover(15),
      takeover(15),
    ],
    [
      'answers everything at once',
      `${D}; client_max_window_bits=10; server_max_window_bits=11; client_no_context_takeover; server_no_context_takeover`,
      {},
      `${D}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; client_max_window_bits=10`,
      alone(11),
      alone(10),
    ],
  ];
  it.each(rows)('%s: "%s" under %o', (_title, offer, policy, answer, server, client) => {
    expect(negotiateDeflate(elements(offer), policy)).toEqual({ header: answer, agreed: { server, client } });
  });

  const declined: [string, string, DeflateOptions][] = [
    ['nothing was offered of this name', 'x-webkit-deflate-frame', {}],
    ['the client may not know of a limit that the server needs (RFC 7692 §7.1.2.2)', D, { clientMaxWindowBits: 9 }],
    ['a parameter is unknown', `${D}; mystery`, {}],
    ['a parameter comes twice', `${D}; server_max_window_bits=10; server_max_window_bits=12`, {}],
    ['a window has no value', `${D}; server_max_window_bits`, {}],
    ['a window is out of range', `${D}; client_max_window_bits=16`, {}],
    ['a number is not strict', `${D}; client_max_window_bits=010`, {}],
    ['a flag has a value', `${D}; server_no_context_takeover=1`, {}],
  ];
  it.each(declined)('D09 goes without compression when %s', (_why, offer, policy) => {
    expect(negotiateDeflate(elements(offer), policy)).toBeUndefined();
  });

  it('D09 goes without compression when no extension was offered', () => {
    expect(negotiateDeflate([])).toBeUndefined();
  });

  it('D09 passes over offers that it cannot meet and takes the first that it can (RFC 7692 §5.1)', () => {
    const offers = elements(
      [
        'x-other; server_max_window_bits=8',
        `${D}; mystery=1`,
        `${D}; server_max_window_bits=7`,
        D,
        `${D}; client_max_window_bits; server_no_context_takeover`,
        `${D}; client_max_window_bits`,
      ].join(', '),
    );
    expect(negotiateDeflate(offers, { clientMaxWindowBits: 12 })).toEqual({
      header: `${D}; server_no_context_takeover; client_max_window_bits=12`,
      agreed: { server: alone(15), client: takeover(12) },
    });
  });

  it('never names client_max_window_bits to a client that did not (RFC 7692 §7.1.2.2)', () => {
    const policy = { serverMaxWindowBits: 9, serverNoContextTakeover: true, clientNoContextTakeover: true } as const;
    expect(negotiateDeflate(elements(`${D}; server_max_window_bits=9`), policy)?.header).not.toContain('client_max');
  });

  it('throws a RangeError for a policy out of range, whatever was offered', () => {
    expect(() => negotiateDeflate([], { memLevel: 0 })).toThrow(RangeError);
  });
});

describe('both sides together', () => {
  const bits = [8, 11, 15] as const;
  const flags = [false, true];
  const sides: DeflateOptions[] = flags.flatMap((serverNoContextTakeover) =>
    flags.flatMap((clientNoContextTakeover) =>
      bits.flatMap((serverMaxWindowBits) =>
        bits.map((clientMaxWindowBits) => ({
          serverNoContextTakeover,
          clientNoContextTakeover,
          serverMaxWindowBits,
          clientMaxWindowBits,
        })),
      ),
    ),
  );

  it('reach one and the same agreement for every pair of options', () => {
    let pairs = 0;
    for (const client of sides) {
      for (const server of sides) {
        const negotiated = negotiateDeflate(elements(deflateOffer(client)), server);
        if (negotiated === undefined) throw new Error('our own offer always carries the hint');
        const { agreed } = negotiated;
        expect(acceptDeflateResponse(element(negotiated.header), client)).toEqual({ ok: true, agreed });
        expect(agreed.server.windowBits).toBe(
          Math.min(client.serverMaxWindowBits ?? 15, server.serverMaxWindowBits ?? 15),
        );
        expect(agreed.client.contextTakeover).toBe(!client.clientNoContextTakeover && !server.clientNoContextTakeover);
        pairs += 1;
      }
    }
    expect(pairs).toBe(36 * 36);
  });

  it('inflate what the other one deflates', () => {
    const agreement = { server: alone(9), client: takeover(12) };
    expect(directionOf(agreement, 'server')).toEqual({ inflate: takeover(12), deflate: alone(9) });
    expect(directionOf(agreement, 'client')).toEqual({ inflate: alone(9), deflate: takeover(12) });
  });
});
