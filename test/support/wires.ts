import { roles } from './memory-session.ts';

/** How a session of ours and its peer are connected. */
export type Wire = 'tcp' | 'tls' | 'h2c' | 'h2' | 'memory';

/** Where kinds of connections differ, by their nature. What is not told here is the same on all of them. */
export interface WireTraits {
  /** Whether it runs over a network, where nobody is told of a cable that is cut. */
  readonly network: boolean;
  /** Whether a peer can break it, which differs from ending it: TCP's RST, RST_STREAM. */
  readonly breaks: boolean;
  /** Whether we may go on writing, for as long as it takes, when the peer has ended its own direction. */
  readonly halfOpen: boolean;
  /** What a connection is, when the TCP connection below ends without a word: its end, or a break of the stream on it. */
  readonly lostBelow: 'ended' | 'broken' | 'nothing is below';
  /** How the peer sees that our side lets go of a connection at once. */
  readonly abort: 'ended' | 'reset';
}

const socket = { network: true, breaks: true, halfOpen: true, lostBelow: 'ended', abort: 'ended' } as const;
const stream = { ...socket, lostBelow: 'broken', abort: 'reset' } as const;
const pair = { ...socket, network: false, breaks: false, halfOpen: false, lostBelow: 'nothing is below' } as const;

const traits: Readonly<Record<Wire, WireTraits>> = { tcp: socket, tls: socket, h2c: stream, h2: stream, memory: pair };

/** All kinds of connections, for `describe.each`. */
export const wires = (['tcp', 'tls', 'h2c', 'h2', 'memory'] as const).map((wire) => ({ wire, ...traits[wire] }));

/** Our side on each of them, for `describe.each`. */
export const wiredSides = roles.flatMap((role) => wires.map((wire) => ({ role, ...wire })));

/** Whether there is TLS below. */
export const isSecure = (wire: Wire): boolean => wire === 'tls' || wire === 'h2';

/** Whether HTTP/2 is spoken. */
export const isHttp2 = (wire: Wire): boolean => wire === 'h2c' || wire === 'h2';
