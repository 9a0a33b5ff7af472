import { describe, expect, it } from 'vitest';
import { buildHttp3Request, http3ResponseHeaders, validateHttp3Request, validateHttp3Response } from './http3.ts';
import { parseWebSocketUrl } from './url.ts';

const parsed = parseWebSocketUrl('wss://server.example.com/chat');
if (!parsed.ok) throw new Error(parsed.refusal.code);
const { target } = parsed;

describe('HTTP/3', () => {
  it('opens a WebSocket as HTTP/2 does (RFC 9220 §3)', () => {
    const request = buildHttp3Request(target, { peerAllowsConnectProtocol: true, subprotocols: ['chat'] });
    if (!request.ok) throw new Error(request.refusal.code);
    const seen = validateHttp3Request(request.headers, { subprotocols: ['chat'] });
    if (!seen.ok) throw new Error(seen.refusal.code);
    expect(seen.connect).toMatchObject({ scheme: 'https', authority: 'server.example.com', subprotocol: 'chat' });
    const headers = http3ResponseHeaders(seen.connect);
    expect(headers[0]).toEqual([':status', '200']);
    expect(validateHttp3Response({ status: 200, headers }, { subprotocols: ['chat'] })).toMatchObject({ ok: true });
  });

  it('needs the setting of the server, and version 13 (RFC 9220 §3)', () => {
    expect(buildHttp3Request(target, { peerAllowsConnectProtocol: false }).ok).toBe(false);
    const request = buildHttp3Request(target, { peerAllowsConnectProtocol: true });
    const headers = request.ok ? request.headers.filter(([name]) => name !== 'sec-websocket-version') : [];
    expect(validateHttp3Request(headers)).toEqual({
      ok: false,
      refusal: { code: 'unsupportedVersion', version: undefined },
    });
  });
});
