import { type MakeTransportPair, transportContract } from '@genws/session/testing';
import { describe, expect, it } from 'vitest';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { brokenPromises, pairsOf } from './broken-promises.ts';
import { Delegate } from './delegate.ts';
import * as reading from './reading-faults.ts';
import * as telling from './telling-faults.ts';
import * as writing from './writing-faults.ts';

expectNoStrayErrors();

/** Faults, and the promises that they break. */
const faults: readonly (readonly [typeof Delegate, readonly string[]])[] = [
  [
    reading.Greedy,
    [
      'delivers at most as many batches as activate allows',
      'stops reading at activate(0), and goes on where it has stopped',
      'stops reading at an activate(0) within the event',
      'counts anew with each activate',
      'holds the peer back while it does not read',
      'does not tell of the end before the bytes that came before it',
      'abort lets go of everything at once: the peer sees the end, transport.closed follows',
      'keeps for the owner what receive was not asked for',
    ],
  ],
  [
    reading.Hasty,
    ['reads nothing before activate, and loses nothing', 'keeps for the owner what receive was not asked for'],
  ],
  [reading.Adding, ['counts anew with each activate']],
  [reading.Deaf, ['stops reading at an activate(0) within the event', 'can be pulled: each batch asks for the next']],
  [reading.Hoarding, ['holds the peer back while it does not read']],
  [
    reading.Thrifty,
    [
      'delivers at most as many batches as activate allows',
      'stops reading at activate(0), and goes on where it has stopped',
      'stops reading at an activate(0) within the event',
      'counts anew with each activate',
      'can be pulled: each batch asks for the next',
      'delivers what the peer writes in order and complete, however it is cut',
      'gives the bytes away: their owner may keep them, and change them in place',
      'carries both directions at once',
      'keeps for the owner what receive was not asked for',
    ],
  ],
  [
    reading.Belated,
    [
      'does not tell of the end before the bytes that came before it',
      'tells an owner that comes late of bytes and of the end',
      'tells nothing from within a call',
    ],
  ],
  [
    reading.Absent,
    [
      'receives before handOver: the next bytes, then undefined at the end',
      'keeps for the owner what receive was not asked for',
    ],
  ],
  [
    reading.Endless,
    [
      'receives before handOver: the next bytes, then undefined at the end',
      'tells a pending receive that the peer has broken the connection',
      'tells a receive that comes late that the peer has broken the connection',
      'settles a pending receive when it is aborted',
    ],
  ],
  [
    reading.Mute,
    [
      'receives before handOver: the next bytes, then undefined at the end',
      'keeps for the owner what receive was not asked for',
      'tells a pending receive that the peer has broken the connection',
      'tells a receive that comes late that the peer has broken the connection',
      'settles a pending receive when it is aborted',
    ],
  ],
  [
    writing.Upside,
    [
      'writes the chunks of a send in order, empty ones and none at all included',
      'writes a thousand sends of one turn in order',
      'writes chunks of 1 byte to 1 MiB in order and complete',
      'has copied what it was given, where it says so',
      'carries both directions at once',
      'counts in buffered what has not left, and nothing when all has',
      'close writes out what is buffered, then ends our direction',
    ],
  ],
  [
    writing.Forgetful,
    [
      'counts in buffered what has not left, and nothing when all has',
      'close writes out what is buffered, then ends our direction',
      'reads on after close, until the peer has ended too',
      'takes a second close and what is sent after it without a word',
    ],
  ],
  [writing.Shy, ['writes before it has an owner']],
  [writing.Terse, ['writes the chunks of a send in order, empty ones and none at all included']],
  [
    writing.Short,
    [
      'writes chunks of 1 byte to 1 MiB in order and complete',
      'has copied what it was given, where it says so',
      'counts in buffered what has not left, and nothing when all has',
      'is congested while the peer does not read, then tells transport.drained, once',
      'close writes out what is buffered, then ends our direction',
      'abort lets go of everything at once: the peer sees the end, transport.closed follows',
      'abort does not wait for a close that the peer does not answer',
    ],
  ],
  [
    writing.Taking,
    [
      'writes the chunks of a send in order, empty ones and none at all included',
      'writes a thousand sends of one turn in order',
      'writes chunks of 1 byte to 1 MiB in order and complete',
      'leaves the memory of its caller alone, and may be given the same again',
      'has copied what it was given, where it says so',
      'carries both directions at once',
      'counts in buffered what has not left, and nothing when all has',
      'is congested while the peer does not read, then tells transport.drained, once',
      'close writes out what is buffered, then ends our direction',
    ],
  ],
  [writing.Carefree, ['counts in buffered what has not left, and nothing when all has']],
  [writing.Boastful, ['has copied what it was given, where it says so']],
  [telling.Silent, ['is congested while the peer does not read, then tells transport.drained, once']],
  [
    telling.Stammering,
    [
      "tells of the peer's end after its last bytes, and writes until it is closed itself",
      'abort within an event is the last of the data',
      'tells of a connection that the peer has broken',
      'tells nothing after transport.closed, whatever it is asked',
      'tells nothing after a break, whatever it is asked',
      'tells nothing after an abort but transport.closed, whatever it is asked',
      'tells an owner that comes late of bytes and of the end',
      'tells an owner that comes late of a peer that has ended without a word',
      'tells an owner that comes late of a connection that the peer has broken',
      'tells an owner that comes late of an abort',
    ],
  ],
  [
    telling.Discreet,
    [
      "tells of the peer's end after its last bytes, and writes until it is closed itself",
      'does not tell of the end before the bytes that came before it',
      'close writes out what is buffered, then ends our direction',
      'reads on after close, until the peer has ended too',
      'takes a second close and what is sent after it without a word',
      'abort lets go of everything at once: the peer sees the end, transport.closed follows',
      'abort does not wait for a close that the peer does not answer',
      'abort within an event is the last of the data',
      'tells of a connection that the peer has broken',
      'tells nothing after transport.closed, whatever it is asked',
      'tells nothing after a break, whatever it is asked',
      'tells nothing after an abort but transport.closed, whatever it is asked',
      'tells an owner that comes late of bytes and of the end',
      'tells an owner that comes late of a peer that has ended without a word',
      'tells an owner that comes late of a connection that the peer has broken',
      'tells an owner that comes late of an abort',
      'tells nothing from within a call',
      'tells nothing from within a call when the peer has broken the connection',
      'tells one event after the other, even if the owner acts upon one at once',
    ],
  ],
  [
    telling.Chatty,
    [
      'is congested while the peer does not read, then tells transport.drained, once',
      'reads on after close, until the peer has ended too',
      'tells nothing after transport.closed, whatever it is asked',
      'tells nothing after a break, whatever it is asked',
      'tells nothing after an abort but transport.closed, whatever it is asked',
      'tells nothing from within a call',
      'tells nothing from within a call when the peer has broken the connection',
      'tells one event after the other, even if the owner acts upon one at once',
    ],
  ],
  [
    telling.Strict,
    [
      'takes a second close and what is sent after it without a word',
      'tells nothing after transport.closed, whatever it is asked',
      'tells nothing after a break, whatever it is asked',
      'tells nothing after an abort but transport.closed, whatever it is asked',
    ],
  ],
  [
    telling.Rash,
    [
      'reads on after close, until the peer has ended too',
      'abort does not wait for a close that the peer does not answer',
      'tells nothing from within a call',
    ],
  ],
  [
    telling.Polite,
    [
      'abort lets go of everything at once: the peer sees the end, transport.closed follows',
      'abort does not wait for a close that the peer does not answer',
    ],
  ],
  [telling.Modest, ['knows where its peer is']],
];

describe('the transport contract', () => {
  it('is kept by a transport that leaves all to another which keeps it', async () => {
    expect(await brokenPromises(pairsOf(Delegate), [])).toEqual([]);
  });

  it.each(faults)('tells what is wrong with %o', async (Fault, broken) => {
    expect(await brokenPromises(pairsOf(Fault), broken)).toEqual(broken);
  });

  it('has no promise that cannot be broken', () => {
    const broken = new Set(faults.flatMap(([, titles]) => titles));
    expect(transportContract.map(({ title }) => title).filter((title) => !broken.has(title))).toEqual([]);
  });

  it('has each promise once', () => {
    const titles = transportContract.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });

  it('leaves the error of who could not make a pair as it is', async () => {
    const failure = new Error('no network');
    const [first] = transportContract;
    await expect(first?.run(() => Promise.reject(failure))).rejects.toBe(failure);
  });

  it('lets go of what a pair stands on, whether the promise is kept or not', async () => {
    let closed = 0;
    const makePair: MakeTransportPair = async () => ({ ...(await pairsOf(reading.Hasty)()), close: () => closed++ });
    const titles = ['reads nothing before activate, and loses nothing', 'writes before it has an owner'];
    const cases = transportContract.filter(({ title }) => titles.includes(title));
    const outcomes = await Promise.allSettled(cases.map(({ run }) => run(makePair)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(closed).toBe(2);
  });
});
