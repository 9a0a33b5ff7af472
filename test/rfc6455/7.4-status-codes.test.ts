import { encodeFrame, violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { outcome } from '../support/decoding.ts';
import { fromClient } from '../support/raw-frame.ts';

function received(code: number): string[] {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return outcome([fromClient({ opcode: 8, payload })]);
}

const sent = (code: number): number =>
  Buffer.from(encodeFrame({ type: 'close', code, reason: 'r' }, 'server')).readUInt16BE(2);

const legal = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];

describe('RFC 6455 §7.4: status codes', () => {
  it.each(legal)('%d may be sent and received', (code) => {
    expect(received(code)).toEqual([`close ${code} ""`]);
    expect(sent(code)).toBe(code);
  });

  it.each([1005, 1006, 1015])('%d is never set in a close frame by an endpoint (§7.4.1)', (code) => {
    expect(received(code)).toEqual(['violation badCloseCode']);
    expect(sent(code)).toBe(1002);
  });

  it('1004 is reserved (§7.4.1)', () => {
    expect(received(1004)).toEqual(['violation badCloseCode']);
    expect(sent(1004)).toBe(1002);
  });

  it.each([0, 1, 500, 999])('%d lies in the range that is not used (§7.4.2)', (code) => {
    expect(received(code)).toEqual(['violation badCloseCode']);
    expect(sent(code)).toBe(1002);
  });

  it.each([1016, 1100, 2000, 2999])('%d is reserved for later versions of the protocol (§7.4.2)', (code) => {
    expect(received(code)).toEqual(['violation badCloseCode']);
    expect(sent(code)).toBe(1002);
  });

  it.each([5000, 32_768, 65_535])('%d lies beyond all ranges', (code) => {
    expect(received(code)).toEqual(['violation badCloseCode']);
    expect(sent(code)).toBe(1002);
  });

  it('every code of 3000–4999 is free for libraries and applications (§7.4.2)', () => {
    for (let code = 3000; code < 5000; code++) expect(received(code)).toEqual([`close ${code} ""`]);
  });

  it('a forbidden code earns 1002', () => {
    expect(violations.badCloseCode.closeCode).toBe(1002);
  });
});
