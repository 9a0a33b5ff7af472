import { describe, expect, it } from 'vitest';
import { CloseCode, reasonName, validOnWire } from './close-code.ts';

describe('validOnWire', () => {
  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])(
    'lets %d into a close frame (RFC 6455 §7.4)',
    (code) => {
      expect(validOnWire(code)).toBe(true);
    },
  );

  it.each([1012, 1013, 1014])('lets %d into a close frame, registered with IANA since', (code) => {
    expect(validOnWire(code)).toBe(true);
  });

  it.each([-1, 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535, 65536, 66536])(
    'keeps %d out of close frames (RFC 6455 §7.4.1, §7.4.2)',
    (code) => {
      expect(validOnWire(code)).toBe(false);
    },
  );

  it.each([1000.5, Number.NaN, Number.POSITIVE_INFINITY])('takes %d for no code at all', (code) => {
    expect(validOnWire(code)).toBe(false);
  });

  it('holds for 2012 of all 65536 numbers that two bytes can say', () => {
    const valid = Array.from({ length: 0x1_0000 }, (_, code) => code).filter(validOnWire);
    expect(valid).toHaveLength(4 + 8 + 2000);
  });
});

describe('reasonName', () => {
  it.each([
    [1000, 'normal'],
    [1001, 'goingAway'],
    [1002, 'protocolError'],
    [1003, 'unsupportedData'],
    [1005, 'noStatus'],
    [1006, 'abnormal'],
    [1007, 'invalidPayload'],
    [1008, 'policyViolation'],
    [1009, 'messageTooBig'],
    [1010, 'extensionRequired'],
    [1011, 'internalError'],
    [1012, 'serviceRestart'],
    [1013, 'tryAgainLater'],
    [1014, 'badGateway'],
    [1015, 'tlsHandshake'],
  ])('calls %d %s (RFC 6455 §7.4.1)', (code, name) => {
    expect(reasonName(code)).toBe(name);
  });

  it('names every code of the table', () => {
    for (const [name, code] of Object.entries(CloseCode)) expect(reasonName(code)).toBe(name);
  });

  it.each([0, 999, 1004, 1016, 3000, 4000, 5000])('has no name for %d', (code) => {
    expect(reasonName(code)).toBeUndefined();
  });
});
