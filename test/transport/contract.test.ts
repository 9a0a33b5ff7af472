import { createMemoryTransports } from '@genws/session';
import { type MakeTransportPair, testTransport, transportPeer } from '@genws/session/testing';
import { describe, it } from 'vitest';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { h2cPair, h2Pair } from './http2-pairs.ts';
import { tcpPair, tlsPair } from './socket-pairs.ts';

expectNoStrayErrors();

const transports: readonly (readonly [string, MakeTransportPair])[] = [
  ['TCP, on the server', () => tcpPair('server')],
  ['TCP, on the client', () => tcpPair('client')],
  ['TLS, on the server', () => tlsPair('server')],
  ['TLS, on the client', () => tlsPair('client')],
  ['HTTP/2 over TCP, on the server, whose peer resets the stream', () => h2cPair('server', 'error')],
  ['HTTP/2 over TCP, on the client, whose peer resets the stream', () => h2cPair('client', 'error')],
  ['HTTP/2 over TLS, on the server, whose peer cancels the stream', () => h2Pair('server', 'cancel')],
  ['HTTP/2 over TLS, on the client, whose peer cancels the stream', () => h2Pair('client', 'cancel')],
  ['HTTP/2 over TCP, on the server, whose connection breaks', () => h2cPair('server', 'connection')],
  ['HTTP/2 over TLS, on the client, whose connection breaks', () => h2Pair('client', 'connection')],
  [
    'a pair in memory',
    () => {
      const [near, far] = createMemoryTransports();
      return { near, far: transportPeer(far), lacks: ['ended', 'error', 'peername'] };
    },
  ],
];

describe.each(transports)('a transport over %s', (_, makePair) => testTransport(it, makePair, { patience: 15_000 }));
