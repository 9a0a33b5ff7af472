import { describe, expect, it } from 'vitest';
import type { Extension } from '../header-value.ts';
import { type DeflateParamsFailure, deflateOffer, parseDeflateParams } from './offer.ts';
import type { DeflateOptions } from './options.ts';

type Params = Extension['params'];
const deflate = (...params: Params): Extension => ({ name: 'permessage-deflate', params });

describe('parameters of permessage-deflate (RFC 7692 §7.1)', () => {
  it('reads an element without parameters as takeover and default windows', () => {
    expect(parseDeflateParams(deflate(), 'offer')).toEqual({
      ok: true,
      params: { serverNoContextTakeover: false, clientNoContextTakeover: false },
    });
  });

  it('reads all four parameters together', () => {
    const element = deflate(
      ['client_max_window_bits', '10'],
      ['server_no_context_takeover', true],
      ['server_max_window_bits', '8'],
      ['client_no_context_takeover', true],
    );
    const params = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 10,
    };
    expect(parseDeflateParams(element, 'offer')).toEqual({ ok: true, params });
    expect(parseDeflateParams(element, 'response')).toEqual({ ok: true, params });
  });

  it('reads each window from 8 to 15 (RFC 7692 §7.1.2)', () => {
    for (let bits = 8; bits <= 15; bits += 1) {
      const result = parseDeflateParams(deflate(['server_max_window_bits', String(bits)]), 'response');
      expect(result).toMatchObject({ ok: true, params: { serverMaxWindowBits: bits } });
    }
  });

  it('takes a bare client_max_window_bits as a hint in an offer and as an error in a response (RFC 7692 §7.1.2.2)', () => {
    const element = deflate(['client_max_window_bits', true]);
    expect(parseDeflateParams(element, 'offer')).toMatchObject({ ok: true, params: { clientMaxWindowBits: true } });
    expect(parseDeflateParams(element, 'response')).toEqual({ ok: false, reason: 'badClientMaxWindowBits' });
  });

  const badNumbers = ['0', '7', '16', '010', '08', '9.0', '1e1', '+9', '-9', ' 9', '9 ', '', 'abc', '٩', 'NaN'];
  const refused: [string, Extension, DeflateParamsFailure][] = [
    ['another extension', { name: 'x-webkit-deflate-frame', params: [] }, 'notDeflate'],
    ['a name in other letters', { name: 'permessage_deflate', params: [] }, 'notDeflate'],
    ['an unknown parameter', deflate(['mystery', true]), 'unknownParameter'],
    ['a name of Object.prototype', deflate(['constructor', true]), 'unknownParameter'],
    [
      'a flag twice',
      deflate(['server_no_context_takeover', true], ['server_no_context_takeover', true]),
      'duplicateParameter',
    ],
    [
      'a number twice with two values',
      deflate(['server_max_window_bits', '10'], ['server_max_window_bits', '12']),
      'duplicateParameter',
    ],
    [
      'a client window twice',
      deflate(['client_max_window_bits', '12'], ['client_max_window_bits', '11']),
      'duplicateParameter',
    ],
    ['a server flag with a value', deflate(['server_no_context_takeover', 'true']), 'unexpectedValue'],
    ['a client flag with a value', deflate(['client_no_context_takeover', '']), 'unexpectedValue'],
    ['a server window without value', deflate(['server_max_window_bits', true]), 'badServerMaxWindowBits'],
    ...badNumbers.flatMap((value): [string, Extension, DeflateParamsFailure][] => [
      [`server window "${value}"`, deflate(['server_max_window_bits', value]), 'badServerMaxWindowBits'],
      [`client window "${value}"`, deflate(['client_max_window_bits', value]), 'badClientMaxWindowBits'],
    ]),
  ];
  it.each(refused)('refuses %s', (_what, element, reason) => {
    expect(parseDeflateParams(element, 'offer')).toEqual({ ok: false, reason });
    expect(parseDeflateParams(element, 'response')).toEqual({ ok: false, reason });
  });
});

describe("the client's offer", () => {
  const offers: [DeflateOptions | undefined, string][] = [
    [undefined, 'permessage-deflate; client_max_window_bits'],
    [{ level: 9, threshold: 0 }, 'permessage-deflate; client_max_window_bits'],
    [{ serverNoContextTakeover: true }, 'permessage-deflate; server_no_context_takeover; client_max_window_bits'],
    [{ clientNoContextTakeover: true }, 'permessage-deflate; client_no_context_takeover; client_max_window_bits'],
    [{ serverMaxWindowBits: 8 }, 'permessage-deflate; server_max_window_bits=8; client_max_window_bits'],
    [{ clientMaxWindowBits: 9 }, 'permessage-deflate; client_max_window_bits=9'],
    [
      {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 11,
      },
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11',
    ],
  ];
  it.each(offers)('for options %o reads %s (RFC 7692 §7.1)', (options, header) => {
    expect(deflateOffer(options)).toBe(header);
  });

  it('is not made from options out of range', () => {
    expect(() => deflateOffer({ level: 12 })).toThrow(RangeError);
  });
});
