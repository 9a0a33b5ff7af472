import { HeaderMap } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { keepRequest, type SessionRequest } from './request.ts';

describe('what a session keeps of its request', () => {
  it('is everything but the headers, of either side', () => {
    const direction = { contextTakeover: true, windowBits: 15 } as const;
    const kept = {
      method: 'GET',
      path: '/chat?room=1',
      httpVersion: '1.1',
      host: 'chat.example',
      subprotocol: 'chat',
      origin: 'https://chat.example',
      peer: { address: '192.0.2.1', port: 4711 },
      compression: { server: direction, client: direction },
    };
    const headers = new HeaderMap([['Cookie', 'secret']]);
    const request: SessionRequest = { ...kept, headers, response: { status: 101, headers } };
    expect(keepRequest(request)).toEqual(kept);
    expect(keepRequest(request)).not.toHaveProperty('headers');
    expect(keepRequest(request)).not.toHaveProperty('response');
    expect(request.headers).toBe(headers);
  });

  it('has nothing that the request has not', () => {
    expect(keepRequest({ method: 'CONNECT', path: '/', headers: new HeaderMap() })).toEqual({
      method: 'CONNECT',
      path: '/',
    });
  });
});
