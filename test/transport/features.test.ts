import type { MakeTransportPair, TransportFeature } from '@genws/session/testing';
import { describe, expect, it } from 'vitest';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { brokenPromises, lacking, pairsOf } from './broken-promises.ts';
import { Delegate } from './delegate.ts';
import { tcpPair } from './socket-pairs.ts';

expectNoStrayErrors();

/** Features that a transport may lack, and the promises in which that shows. */
const features: readonly (readonly [TransportFeature, readonly string[]])[] = [
  [
    'ended',
    [
      "tells of the peer's end after its last bytes, and writes until it is closed itself",
      'tells an owner that comes late of bytes and of the end',
      'tells an owner that comes late of a peer that has ended without a word',
    ],
  ],
  [
    'error',
    [
      'tells of a connection that the peer has broken',
      'tells nothing after a break, whatever it is asked',
      'tells an owner that comes late of a connection that the peer has broken',
      'tells a pending receive that the peer has broken the connection',
      'tells a receive that comes late that the peer has broken the connection',
    ],
  ],
  [
    'receive',
    [
      'receives before handOver: the next bytes, then undefined at the end',
      'keeps for the owner what receive was not asked for',
      'tells a pending receive that the peer has broken the connection',
      'tells a receive that comes late that the peer has broken the connection',
      'settles a pending receive when it is aborted',
    ],
  ],
  ['peername', ['knows where its peer is']],
];

describe('what a transport may lack', () => {
  it.each(features)('has to be lacking if it is declared: %s', async (feature, broken) => {
    const makePair: MakeTransportPair = async () => ({ ...(await tcpPair('server')), lacks: [feature] });
    expect(await brokenPromises(makePair, broken)).toEqual(broken);
  });

  it.each(features.filter(([feature]) => lacking.includes(feature)))(
    'has to be there if it is not declared: %s',
    async (feature, broken) => {
      const rest = lacking.filter((other) => other !== feature);
      expect(await brokenPromises(pairsOf(Delegate, rest), broken)).toEqual(broken);
    },
  );
});
