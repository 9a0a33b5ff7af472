import { describe, expect, it } from 'vitest';
import { elements } from '../deflate/elements.fixture.ts';
import { negotiateDeflate } from '../deflate/negotiation.ts';
import { deflateOffer } from '../deflate/offer.ts';
import type { DeflateOptions } from '../deflate/options.ts';
import {
  buildExtendedConnect,
  extendedConnectHeaders,
  validateExtendedConnect,
  validateExtendedConnectResponse,
} from './extended-connect.ts';
import { HeaderMap } from './header-map.ts';
import { buildHttp3Request, http3ResponseHeaders, validateHttp3Request, validateHttp3Response } from './http3.ts';
import { checkCompression } from './offer.ts';

const D = 'permessage-deflate';
const target = { secure: true, hostname: 'h', port: 443, path: '/', hostHeader: 'h' };

describe('checkCompression', () => {
  it('finds the answer among those to other extensions, and holds it against the offer (RFC 7692 §7.1)', () => {
    const accepted = elements(`x-a; server_max_window_bits=99, ${D}; server_max_window_bits=9, x-b`);
    const agreed = {
      server: { contextTakeover: true, windowBits: 9 },
      client: { contextTakeover: true, windowBits: 12 },
    };
    expect(checkCompression(accepted, { serverMaxWindowBits: 10, clientMaxWindowBits: 12 })).toEqual({
      ok: true,
      agreed,
    });
    expect(checkCompression(accepted, { serverMaxWindowBits: 8 })).toEqual({
      ok: false,
      refusal: { code: 'badCompression', reason: 'badServerMaxWindowBits' },
    });
  });

  it('agrees on nothing when the server accepted nothing of this name (RFC 7692 §5)', () => {
    for (const accepted of [[], elements('x-a, x-webkit-deflate-frame')]) {
      expect(checkCompression(accepted, { serverNoContextTakeover: true })).toEqual({ ok: true, agreed: undefined });
    }
  });

  it('D08 refuses a second answer, however good either is (RFC 7692 §5)', () => {
    for (const accepted of [`${D}, ${D}`, `${D}; mystery, ${D}`, `${D}, x-a, ${D}; server_max_window_bits=8`]) {
      expect(checkCompression(elements(accepted))).toEqual({
        ok: false,
        refusal: { code: 'badCompression', reason: 'duplicateExtension' },
      });
    }
  });

  it('throws a RangeError for options out of range', () => {
    expect(() => checkCompression(elements(D), { level: 10 })).toThrow(RangeError);
  });
});

describe.each([
  {
    version: 'HTTP/2 (RFC 8441 §5)',
    build: buildExtendedConnect,
    validate: validateExtendedConnect,
    answer: extendedConnectHeaders,
    judge: validateExtendedConnectResponse,
  },
  {
    version: 'HTTP/3 (RFC 9220 §3)',
    build: buildHttp3Request,
    validate: validateHttp3Request,
    answer: http3ResponseHeaders,
    judge: validateHttp3Response,
  },
])('permessage-deflate over $version', ({ build, validate, answer, judge }) => {
  /** Both sides' headers, each read by the other side. */
  function negotiate(client: DeflateOptions, server: DeflateOptions) {
    const offer = { extensions: [deflateOffer(client), 'x-own'] };
    const built = build(target, { peerAllowsConnectProtocol: true, ...offer });
    if (!built.ok) throw new Error(built.refusal.code);
    const request = validate(built.headers);
    if (!request.ok) throw new Error(request.refusal.code);
    const negotiated = negotiateDeflate(request.connect.extensions, server);
    const headers = answer(request.connect, { extensions: negotiated === undefined ? [] : [negotiated.header] });
    const response = judge({ status: 200, headers }, offer);
    if (!response.ok) throw new Error(response.refusal.code);
    return {
      line: new HeaderMap(headers).joined('sec-websocket-extensions'),
      server: negotiated?.agreed,
      client: checkCompression(response.accepted.extensions, client),
    };
  }

  it('is offered and answered in headers, and both sides agree (RFC 7692 §7.1)', () => {
    const client = { serverNoContextTakeover: true, clientMaxWindowBits: 12 } as const;
    const { line, ...sides } = negotiate(client, { serverMaxWindowBits: 8, clientMaxWindowBits: 9 });
    expect(line).toBe(`${D}; server_no_context_takeover; server_max_window_bits=8; client_max_window_bits=9`);
    const agreed = {
      server: { contextTakeover: false, windowBits: 8 },
      client: { contextTakeover: true, windowBits: 9 },
    };
    expect(sides).toEqual({ server: agreed, client: { ok: true, agreed } });
  });

  it('is left out of the answer when the offer cannot be met', () => {
    const request = validate([
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'https'],
      [':authority', 'h'],
      [':path', '/'],
      ['sec-websocket-version', '13'],
      ['sec-websocket-extensions', D],
    ]);
    if (!request.ok) throw new Error(request.refusal.code);
    expect(negotiateDeflate(request.connect.extensions, { clientMaxWindowBits: 9 })).toBeUndefined();
    expect(answer(request.connect, { extensions: [] })).toEqual([[':status', '200']]);
  });

  it('is refused by a client that did not offer it', () => {
    const headers = [['sec-websocket-extensions', D]] as const;
    expect(judge({ status: 200, headers }, { extensions: ['x-own'] })).toEqual({
      ok: false,
      refusal: { code: 'unrequestedExtension', name: D },
    });
  });
});
