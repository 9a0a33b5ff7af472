import { describe, expect, it } from 'vitest';
import { validOnWire } from './close-code.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { describeViolation, type ViolationCode, violation, violations } from './violation.ts';

interface Breach {
  /** What the peer sends. */
  readonly bytes: string;
  /** This side. Default client, to which frames are sent unmasked. */
  readonly role?: 'server' | 'client';
  readonly compress?: boolean;
  readonly closeCode: number;
}

const limits = { maxFrame: 8, maxMessage: 10, maxFragments: 3 };

/** For each rule the shortest breach of it. What is no matter of frames is seen above the decoder. */
const breaches: Readonly<Record<ViolationCode, Breach | 'seen when inflating' | 'seen when counting'>> = {
  reservedBits: { bytes: 'c1 00', closeCode: 1002 },
  reservedOpcode: { bytes: '83 00', closeCode: 1002 },
  nonMinimalLength: { bytes: '82 7e 0005', closeCode: 1002 },
  badLength: { bytes: '82 7f 80', closeCode: 1002 },
  unmaskedFrame: { bytes: '81 00', role: 'server', closeCode: 1002 },
  maskedFrame: { bytes: '81 80', closeCode: 1002 },
  fragmentedControl: { bytes: '09 00', closeCode: 1002 },
  controlTooLong: { bytes: '89 7e', closeCode: 1002 },
  unexpectedContinuation: { bytes: '80 00', closeCode: 1002 },
  expectedContinuation: { bytes: '01 00 01 00', closeCode: 1002 },
  shortClosePayload: { bytes: '88 01 03', closeCode: 1002 },
  badCloseCode: { bytes: '88 02 03ec', closeCode: 1002 },
  compressedControl: { bytes: 'c9 00', compress: true, closeCode: 1002 },
  compressedContinuation: { bytes: '41 00 c0 00', compress: true, closeCode: 1002 },
  invalidUtf8: { bytes: '81 01 ff', closeCode: 1007 },
  badDeflate: 'seen when inflating',
  frameTooBig: { bytes: '82 09', closeCode: 1009 },
  messageTooBig: { bytes: '02 08 0000000000000000 80 03', closeCode: 1009 },
  inflateRatio: 'seen when inflating',
  tooManyFragments: { bytes: '02 00 00 00 00 00 00 00', closeCode: 1008 },
  messageFlood: 'seen when counting',
  controlFlood: 'seen when counting',
};

describe('violations', () => {
  it('have a breach in this table for every row', () => {
    expect(Object.keys(breaches).sort()).toEqual(Object.keys(violations).sort());
  });

  const rows = Object.entries(violations);
  it.each(rows)('%s: is found where it happens and earns its close code', (code, rule) => {
    const breach = Object.entries(breaches).find(([name]) => name === code)?.[1];
    if (breach === undefined) throw new Error(`${code} has no breach`);
    if (typeof breach === 'string') {
      expect(validOnWire(rule.closeCode)).toBe(true);
      return;
    }
    const { bytes, role = 'client', compress = false, closeCode } = breach;
    const decoder = new FrameDecoder({ role, limits, compress });
    decoder.push(Buffer.from(bytes.replaceAll(' ', ''), 'hex'));
    expect(decoder.next()).toMatchObject({ type: 'violation', code });
    expect(decoder.next()).toBeUndefined();
    expect(rule.closeCode).toBe(closeCode);
  });

  it.each([
    ['badDeflate', 1007],
    ['inflateRatio', 1009],
    ['controlFlood', 1008],
  ] as const)('%s: earns %d, though no decoder finds it', (code, closeCode) => {
    expect(violations[code].closeCode).toBe(closeCode);
  });

  it('all cite the section they stand on and fit into a close frame', () => {
    for (const { rfc, text } of Object.values(violations)) {
      expect(rfc).toMatch(/^RFC (6455|7692) §\d+(\.\d+)*$/);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(123);
    }
  });

  it('tell people what was wrong and where that is written', () => {
    expect(describeViolation(violation('reservedOpcode', '0x3'))).toBe('reserved opcode 0x3 (RFC 6455 §5.2)');
    expect(describeViolation(violation('maskedFrame'))).toBe('masked frame from a server (RFC 6455 §5.1)');
    expect(violation('maskedFrame')).toEqual({ type: 'violation', code: 'maskedFrame' });
  });
});
