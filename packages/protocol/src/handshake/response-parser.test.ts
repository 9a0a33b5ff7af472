import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeResponse } from './http1-server.ts';
import { quickest } from './quickest.fixture.ts';
import { type ResponseOutcome, ResponseParser } from './response-parser.ts';

const example =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** The outcome in comparable form, with all bytes behind the header block. */
function parse(chunks: Uint8Array[], maxHandshakeSize = 65_536) {
  const parser = new ResponseParser({ maxHandshakeSize });
  let outcome: ResponseOutcome | undefined;
  let taken = 0;
  for (const chunk of chunks) {
    outcome = parser.push(chunk);
    taken += 1;
    if (outcome !== undefined) break;
  }
  if (!outcome?.ok) return outcome;
  const { headers, rest, ...line } = outcome.response;
  return {
    ...line,
    headers: [...headers.pairs()],
    rest: Buffer.concat([rest, ...chunks.slice(taken)]).toString('hex'),
  };
}

function chop(bytes: Uint8Array, sizes: number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return [...chunks, bytes.subarray(start)];
}

describe('ResponseParser', () => {
  it('reads the response of the example (RFC 6455 §1.2)', () => {
    expect(parse([latin1(example)])).toEqual({
      status: 101,
      statusText: 'Switching Protocols',
      httpVersion: '1.1',
      headers: [
        ['upgrade', 'websocket'],
        ['connection', 'Upgrade'],
        ['sec-websocket-accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
      ],
      rest: '',
    });
  });

  it('hands out the bytes that came with the header block', () => {
    expect(parse([latin1(`${example}\x81\x02hi`)])).toMatchObject({ rest: '81026869' });
    expect(parse([latin1(example.slice(0, -1)), latin1('\n\x81\x00')])).toMatchObject({ rest: '8100' });
  });

  it('reads a response however it is chopped', () => {
    const texts = fc.constantFrom(
      `${example}\r\n\r\nrest`,
      `HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n${example}`,
      'HTTP/1.0 404\r\n\r\nbody',
      'HTTP/1.1 101 X\nA: b\r\n\r\n',
      'HTTP/1.1 101 X\r\nA: b\rc\r\n\r\n',
      'HTTP/1.1 101 X\r\n folded\r\n\r\n',
      `HTTP/1.1 101 X\r\nA: ${'b'.repeat(300)}\0`,
      `HTTP/1.1 101 X\r\nA: ${'b'.repeat(300)}`,
    );
    const bytes = fc.oneof(
      texts.map(latin1),
      fc.uint8Array(),
      texts.chain((t) => fc.nat(t.length).map((n) => latin1(t.slice(n)))),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(60)), fc.integer({ min: 1, max: 400 }), (all, sizes, limit) => {
        expect(parse(chop(all, sizes), limit)).toEqual(parse([all], limit));
      }),
      { numRuns: 1000 },
    );
  });

  it('reads what encodeResponse writes, for any headers', () => {
    const name = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9a-z]{1,9}$/);
    const value = fc.stringMatching(/^([!-~\xa1-\xff]([ \t!-~]*[!-~])?)?$/);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }), (headers) => {
        expect(parse([encodeResponse(headers)])).toMatchObject({ status: 101, headers, rest: '' });
      }),
    );
  });

  it('waits for the empty line', () => {
    expect(parse([latin1(example.slice(0, -1))])).toBeUndefined();
    expect(parse([new Uint8Array()])).toBeUndefined();
  });

  it('takes a status line without a reason, and any status (RFC 9112 §4)', () => {
    expect(parse([latin1('HTTP/1.0 503 \r\n\r\n')])).toMatchObject({ status: 503, statusText: '', httpVersion: '1.0' });
    expect(parse([latin1('HTTP/1.1 200\r\n\r\n')])).toMatchObject({ status: 200, statusText: '', httpVersion: '1.1' });
  });

  it('passes over interim responses, but counts their bytes (RFC 9110 §15.2)', () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    expect(parse([latin1(interim + example)])).toEqual(parse([latin1(example)]));
    const outcome = parse([latin1('HTTP/1.1 100 Continue\r\n\r\n'.repeat(10))], 200);
    expect(outcome).toEqual({ ok: false, refusal: { code: 'handshakeResponseTooBig', limit: 200 } });
  });

  it('keeps the lines of a repeated header apart, trims values, keeps latin1', () => {
    const head = 'HTTP/1.1 101 X\r\nA:1\r\na: \t2 \t\r\nB:\r\nC: caf\u00e9\r\n\r\n';
    expect(parse([latin1(head)])).toMatchObject({
      headers: [
        ['a', '1'],
        ['a', '2'],
        ['b', ''],
        ['c', 'caf\u00e9'],
      ],
    });
  });

  it.each([
    ['a bare LF in the status line', 'HTTP/1.1 101 X\n'],
    ['a bare LF in a header', 'HTTP/1.1 101 X\r\nA: b\n'],
    ['a bare LF for the empty line', 'HTTP/1.1 101 X\r\nA: b\r\n\n'],
    ['a bare CR', 'HTTP/1.1 101 X\r\nA: b\rc\r\n'],
    ['CR CR LF', 'HTTP/1.1 101 X\r\nA: b\r\r\n'],
    ['NUL', 'HTTP/1.1 101 X\r\nA: b\0c\r\n'],
    ['another control character', 'HTTP/1.1 101 X\r\nA: b\x1bc\r\n'],
    ['a folded line (RFC 9112 §5.2)', 'HTTP/1.1 101 X\r\nA: b\r\n c\r\n'],
    ['a folded first line', 'HTTP/1.1 101 X\r\n\tA: b\r\n'],
    ['a blank before the colon (RFC 9112 §5.1)', 'HTTP/1.1 101 X\r\nA : b\r\n'],
    ['no colon', 'HTTP/1.1 101 X\r\nAb\r\n'],
    ['no name', 'HTTP/1.1 101 X\r\n: b\r\n'],
    ['an empty first line', '\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['another version of HTTP', 'HTTP/2.0 101 X\r\n'],
    ['a status of two digits', 'HTTP/1.1 99 X\r\n'],
    ['a status of four digits', 'HTTP/1.1 1010 X\r\n'],
    ['a status with a leading zero', 'HTTP/1.1 099 X\r\n'],
    ['two blanks before the status', 'HTTP/1.1  101 X\r\n'],
    ['a lower-case version', 'http/1.1 101 X\r\n'],
  ])('refuses %s at the line that holds it', (_, text) => {
    const line = text.split(/(?<=\n)/).at(-1);
    expect(parse([latin1(text)])).toEqual({ ok: false, refusal: { code: 'badHttpResponse', line } });
  });

  it('takes a header block of exactly maxHandshakeSize bytes and refuses one more', () => {
    expect(parse([latin1(`${example}rest`)], example.length)).toMatchObject({ status: 101 });
    const tooBig = { ok: false, refusal: { code: 'handshakeResponseTooBig', limit: example.length - 1 } };
    expect(parse([latin1(example)], example.length - 1)).toEqual(tooBig);
    expect(parse(chop(latin1(example), Array(example.length).fill(1)), example.length - 1)).toEqual(tooBig);
  });

  it('stops at 64 KiB by default, with or without lines', () => {
    const refusal = { code: 'handshakeResponseTooBig', limit: 65_536 };
    const block = 'HTTP/1.1 101 X\r\n';
    expect(parse([latin1(block + 'A: b\r\n'.repeat(12_000))])).toEqual({ ok: false, refusal });
    const parser = new ResponseParser();
    expect(parser.push(latin1('x'.repeat(65_536)))).toBeUndefined();
    expect(parser.push(latin1('x'))).toEqual({ ok: false, refusal });
  });

  it('takes 64 KiB byte by byte in time that grows with the bytes alone', () => {
    const headers = latin1(`HTTP/1.1 101 X\r\nA: ${'b'.repeat(65_000)}\r\n\r\n`);
    const bytes = chop(headers, Array(headers.length).fill(1));
    expect(parse(bytes)).toMatchObject({ status: 101 });
    const eighth = bytes.slice(0, headers.length / 8);
    const whole = quickest(() => parse(bytes));
    expect(whole / quickest(() => parse(eighth))).toBeLessThan(40);
  });

  it('repeats a refusal, and throws when it is fed after the response', () => {
    const parser = new ResponseParser();
    const refused = parser.push(latin1('\n'));
    expect(refused?.ok).toBe(false);
    expect(parser.push(latin1(example))).toEqual(refused);
    const done = new ResponseParser();
    expect(done.push(latin1(example))?.ok).toBe(true);
    expect(() => done.push(latin1('x'))).toThrow(/complete/);
  });

  it('throws a RangeError for a limit that is none', () => {
    for (const maxHandshakeSize of [0, -1, Number.NaN]) {
      expect(() => new ResponseParser({ maxHandshakeSize })).toThrow(RangeError);
    }
  });
});
