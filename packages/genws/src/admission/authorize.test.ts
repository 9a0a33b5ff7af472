import { describe, expect, it } from 'vitest';
import { Admission, admit, Denial, deny } from './authorize.ts';

describe('deny', () => {
  it('makes an answer of a status, headers and a body, plain text unless it says otherwise', () => {
    expect(deny(401, { headers: [['WWW-Authenticate', 'Bearer']], body: 'who are you?' }).answer).toEqual({
      status: 401,
      headers: [
        ['WWW-Authenticate', 'Bearer'],
        ['Content-Type', 'text/plain; charset=utf-8'],
      ],
      body: 'who are you?',
    });
    const json = [['content-type', 'application/json']] as const;
    expect(deny(403, { headers: json, body: '{}' }).answer.headers).toEqual(json);
    expect(deny(503).answer).toEqual({ status: 503, headers: [], body: '' });
  });

  it.each([101, 200, 299, 600, 401.5, Number.NaN])('refuses the status %d', (status) => {
    expect(() => deny(status)).toThrow(RangeError);
  });

  it('refuses headers that would split the answer (RFC 9110 §5.5), and those of the connection', () => {
    expect(() => deny(401, { headers: [['X', 'a\r\nSet-Cookie: b']] })).toThrow(TypeError);
    expect(() => deny(401, { headers: [['Content-Length', '5']] })).toThrow(TypeError);
  });
});

describe('verdicts', () => {
  it('are told apart from what a handler is handed, whatever its shape', () => {
    expect([Denial.is(deny(401)), Denial.is(admit(1)), Denial.is({ answer: deny(401).answer })]).toEqual([
      true,
      false,
      false,
    ]);
    expect([
      Admission.is(admit(1)),
      Admission.is(1),
      Admission.is(null),
      Admission.is<unknown>({ opts: 1, options: {} }),
    ]).toEqual([true, false, false, false]);
  });
});
