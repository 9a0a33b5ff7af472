import { describe, expect, it } from 'vitest';
import { element } from './elements.fixture.ts';
import { acceptDeflateResponse, type DeflateDirection, type DeflateResponseFailure } from './negotiation.ts';
import type { DeflateOptions, WindowBits } from './options.ts';

const takeover = (windowBits: WindowBits): DeflateDirection => ({ contextTakeover: true, windowBits });
const alone = (windowBits: WindowBits): DeflateDirection => ({ contextTakeover: false, windowBits });

describe("the client's judgement of the response (RFC 7692 §7.1)", () => {
  const D = 'permessage-deflate';
  const accepted: [string, string, DeflateOptions, DeflateDirection, DeflateDirection][] = [
    ['a bare response', D, {}, takeover(15), takeover(15)],
    [
      'windows within the offer',
      `${D}; server_max_window_bits=9; client_max_window_bits=8`,
      { serverMaxWindowBits: 10, clientMaxWindowBits: 12 },
      takeover(9),
      takeover(8),
    ],
    [
      'a server that limits itself unasked (RFC 7692 §7.1.2.1)',
      `${D}; server_max_window_bits=10`,
      {},
      takeover(10),
      takeover(15),
    ],
    [
      'a server that gives up its context unasked (RFC 7692 §7.1.1.1)',
      `${D}; server_no_context_takeover`,
      {},
      alone(15),
      takeover(15),
    ],
    [
      'a server that asks the client to give up its context (RFC 7692 §7.1.1.2)',
      `${D}; client_no_context_takeover`,
      {},
      takeover(15),
      alone(15),
    ],
    [
      'silence about what the client offers to give up',
      D,
      { clientNoContextTakeover: true, clientMaxWindowBits: 9 },
      takeover(15),
      alone(9),
    ],
    [
      'the confirmation of both demands',
      `${D}; server_no_context_takeover; server_max_window_bits=11`,
      { serverNoContextTakeover: true, serverMaxWindowBits: 11 },
      alone(11),
      takeover(15),
    ],
  ];
  it.each(accepted)('accepts %s: "%s" to %o', (_what, response, options, server, client) => {
    expect(acceptDeflateResponse(element(response), options)).toEqual({ ok: true, agreed: { server, client } });
  });

  const refused: [string, DeflateOptions, DeflateResponseFailure][] = [
    [`${D}; server_max_window_bits=0`, {}, 'badServerMaxWindowBits'],
    [`${D}; server_max_window_bits=7`, {}, 'badServerMaxWindowBits'],
    [`${D}; server_max_window_bits=16`, {}, 'badServerMaxWindowBits'],
    [`${D}; server_max_window_bits=abc`, {}, 'badServerMaxWindowBits'],
    [`${D}; server_max_window_bits`, {}, 'badServerMaxWindowBits'],
    [`${D}; client_max_window_bits`, {}, 'badClientMaxWindowBits'],
    [`${D}; client_max_window_bits=7`, {}, 'badClientMaxWindowBits'],
    [`${D}; client_max_window_bits=08`, {}, 'badClientMaxWindowBits'],
    [`${D}; mystery`, {}, 'unknownParameter'],
    [`${D}; server_max_window_bits=9; server_max_window_bits=9`, {}, 'duplicateParameter'],
    [`${D}; client_max_window_bits=10; client_max_window_bits=11`, {}, 'duplicateParameter'],
    [`${D}; client_no_context_takeover=true`, {}, 'unexpectedValue'],
    ['permessage-snappy', {}, 'notDeflate'],
    [`${D}; server_max_window_bits=12`, { serverMaxWindowBits: 11 }, 'badServerMaxWindowBits'],
    [`${D}; client_max_window_bits=12`, { clientMaxWindowBits: 11 }, 'badClientMaxWindowBits'],
    [D, { serverMaxWindowBits: 11 }, 'missingServerMaxWindowBits'],
    [D, { serverNoContextTakeover: true }, 'missingServerNoContextTakeover'],
  ];
  it.each(refused)('D08 refuses "%s" after an offer with %o as %s', (response, options, reason) => {
    expect(acceptDeflateResponse(element(response), options)).toEqual({ ok: false, reason });
  });
});
