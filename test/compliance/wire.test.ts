import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DeflateDemand } from '../../compliance/case.ts';
import { corpusSlice } from '../../compliance/corpora/corpus.ts';
import { Deflater, Inflater } from '../../compliance/wire/deflate.ts';
import { answer, offer, readResponse } from '../../compliance/wire/deflate-negotiation.ts';
import { encodeFrame } from '../../compliance/wire/frame.ts';
import { FrameReader } from '../../compliance/wire/frame-reader.ts';
import { Journal } from '../../compliance/wire/journal.ts';

const plain = { noContextTakeover: false, maxWindowBits: 15 };

describe('frames', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536])('of %i octets are read as they were written, octet by octet', (length) => {
    const frame = { fin: true, rsv: 0, opcode: 2, payload: Buffer.alloc(length, 'abcdefg') };
    for (const masked of [false, true]) {
      const reader = new FrameReader({ masked, compression: false });
      const bytes = encodeFrame(frame, { masked });
      const step = length > 1000 ? 997 : 1;
      const read = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) => [
        ...reader.push(Buffer.from(bytes.subarray(at * step, (at + 1) * step))),
      ]).flat();
      expect(read).toHaveLength(1);
      expect(read[0]).toMatchObject({ fin: true, rsv: 0, opcode: 2 });
      expect(read[0] && 'payload' in read[0] && Buffer.compare(read[0].payload, frame.payload)).toBe(0);
    }
  });
});

describe('negotiation of permessage-deflate (RFC 7692 §7.1)', () => {
  const demands: readonly DeflateDemand[] = [
    { noContextTakeover: true, maxWindowBits: 9 },
    { noContextTakeover: true },
    {},
  ];

  it('offers what is demanded, in order', () => {
    const own = 'permessage-deflate; client_no_context_takeover; client_max_window_bits';
    expect(offer(demands)).toBe(
      `${own}; server_no_context_takeover; server_max_window_bits=9, ${own}; server_no_context_takeover, ${own}`,
    );
  });

  it.each<[string, readonly DeflateDemand[]]>([
    ['permessage-deflate', [{ noContextTakeover: true }]],
    ['permessage-deflate', [{ maxWindowBits: 9 }]],
    ['permessage-deflate; server_max_window_bits=10', [{ maxWindowBits: 9 }]],
    ['permessage-deflate; server_max_window_bits=16', [{}]],
    ['permessage-deflate; server_max_window_bits', [{}]],
    ['permessage-deflate; server_no_context_takeover=1', [{}]],
    ['permessage-deflate; surprise', [{}]],
    ['permessage-deflate, permessage-deflate', [{}]],
    ['x-webkit-deflate-frame', [{}]],
    ['permessage-deflate', []],
  ])('refuses the response %j', (response, demanded) => {
    expect(readResponse(response, demanded).ok).toBe(false);
  });

  it('takes a response that meets one of the demands, or declines', () => {
    const met = readResponse('permessage-deflate; server_max_window_bits=9; client_max_window_bits="10"', [
      { maxWindowBits: 9 },
    ]);
    expect(met).toMatchObject({ ok: true, agreement: { serverMaxWindowBits: 9, clientMaxWindowBits: 10 } });
    expect(readResponse(undefined, demands)).toEqual({ ok: true, agreement: undefined });
  });

  it.each([
    [
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; client_no_context_takeover; client_max_window_bits=9',
    ],
    ['permessage-deflate; client_max_window_bits=8', 'permessage-deflate; client_no_context_takeover'],
    [
      'permessage-deflate; server_max_window_bits=12',
      'permessage-deflate; server_max_window_bits=12; client_no_context_takeover',
    ],
    ['foo, permessage-deflate', 'permessage-deflate; client_no_context_takeover'],
  ])('answers the offer %j with the first demand that it allows', (offered, response) => {
    expect(answer(offered, demands)?.header).toBe(response);
  });

  it('declines where the offer allows none', () => {
    expect(answer('permessage-deflate', [{ maxWindowBits: 9 }])).toBeUndefined();
    expect(answer(undefined, demands)).toBeUndefined();
  });
});

describe('compression (RFC 7692 §7.2)', () => {
  const messages = [0, 16, 5000, 0, 70_000].map((octets, turn) => Buffer.from(corpusSlice('html', octets, turn)));

  it.each([8, 9, 15].flatMap((bits) => [true, false].map((alone) => [bits, alone] as const)))(
    'inflates what it deflates, in a window of %i bits, without context takeover: %s',
    async (maxWindowBits, noContextTakeover) => {
      const direction = { maxWindowBits, noContextTakeover };
      const deflater = new Deflater(direction);
      const inflater = new Inflater(direction);
      for (const message of messages) {
        const inflated = inflater.inflate(await deflater.deflate(message));
        expect(inflated instanceof Uint8Array && Buffer.compare(inflated, message)).toBe(0);
      }
      deflater.end();
    },
  );

  it('refuses what refers back beyond the window, or to a message that is forgotten (RFC 7692 §7.1)', async () => {
    const far = Buffer.concat([corpusSlice('document', 6000, 0), corpusSlice('document', 6000, 0)]);
    const wide = deflateRawSync(far, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(new Inflater({ ...plain, maxWindowBits: 9 }).inflate(wide)).toHaveProperty('violation');
    expect(new Inflater(plain).inflate(wide)).toEqual(far);

    const deflater = new Deflater(plain);
    const message = Buffer.from(corpusSlice('prose', 200, 0));
    const [first, second] = [await deflater.deflate(message), await deflater.deflate(message)];
    deflater.end();
    const forgetful = new Inflater({ ...plain, noContextTakeover: true });
    expect(forgetful.inflate(first)).toEqual(message);
    expect(forgetful.inflate(second)).toHaveProperty('violation');
  });

  it('takes the same data behind another window for what it is there (RFC 7692 §7.2.2)', async () => {
    const [one, other] = [0, 1].map((turn) => Buffer.from(corpusSlice('document', 9000, turn)));
    if (one === undefined || other === undefined) throw new Error('there are two');
    const flush = { finishFlush: constants.Z_SYNC_FLUSH };
    const echo = deflateRawSync(one, { ...flush, dictionary: one }).subarray(0, -4);
    const inflater = new Inflater(plain);
    const seen = [one, other, one].map((last) => {
      inflater.inflate(deflateRawSync(last, flush).subarray(0, -4));
      const expected = inflateRawSync(echo, { ...flush, dictionary: last });
      expect(inflater.inflate(echo)).toEqual(expected);
      return expected;
    });
    expect(seen[0]).toEqual(one);
    expect(seen[1]).not.toEqual(one);
  });
});

describe('journal', () => {
  it('keeps the first and the last of many frames, and says how many are missing', () => {
    const journal = new Journal();
    for (let at = 0; at < 100; at++) {
      journal.frame('suite', { fin: true, rsv: 0, opcode: 1, payload: Buffer.from(`frame ${at}`) });
    }
    const shown = journal.entries.map(({ what, payload }) => payload ?? what);
    expect(shown).toHaveLength(33);
    expect([shown[0], shown[23], shown[24], shown[25], shown[32]]).toEqual([
      'frame 0',
      'frame 23',
      '68 more, not shown',
      'frame 92',
      'frame 99',
    ]);
  });

  it('shows a frame’s bits, its close code, and payloads that are no text in hexadecimal', () => {
    const journal = new Journal();
    journal.frame('peer', { fin: false, rsv: 4, opcode: 2, payload: Buffer.of(0, 255) });
    journal.frame('peer', { fin: true, rsv: 0, opcode: 8, payload: Buffer.of(3, 234) });
    expect(journal.entries.map(({ what, payload }) => [what, payload])).toEqual([
      ['binary, 2 octets, FIN=false, RSV=4', '00 ff'],
      ['close 1002, 2 octets', '03 ea'],
    ]);
  });
});
