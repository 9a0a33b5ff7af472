import { describe, expect, it } from 'vitest';
import { OriginPolicy } from './origin-policy.ts';

describe('an origin policy (RFC 6455 §10.2)', () => {
  it('without a list lets any origin in, and none', () => {
    const policy = new OriginPolicy({});
    expect([
      policy.check({ origin: 'https://evil.example' }),
      policy.check({ origin: 'null' }),
      policy.check({ origin: undefined }),
    ]).toEqual([undefined, undefined, undefined]);
  });

  it('compares character for character', () => {
    const policy = new OriginPolicy({ origins: ['https://chat.example', 'http://localhost:8080'] });
    expect(policy.check({ origin: 'https://chat.example' })).toBeUndefined();
    expect(policy.check({ origin: 'http://localhost:8080' })).toBeUndefined();
    for (const origin of [
      'https://evil-chat.example',
      'https://chat.example.evil',
      'https://www.chat.example',
      'http://chat.example',
      'https://chat.example:443',
      'https://chat.example:8443',
      'https://Chat.example',
      'https://chat.example/',
      'https://chat.example, https://evil.example',
      'http://localhost',
      'null',
      '',
    ])
      expect([origin, policy.check({ origin })]).toEqual([origin, { code: 'foreignOrigin' }]);
  });

  it('turns away who sends none, unless told otherwise', () => {
    const origins = ['https://chat.example'];
    expect(new OriginPolicy({ origins }).check({ origin: undefined })).toEqual({ code: 'missingOrigin' });
    expect(new OriginPolicy({ origins, originRequired: false }).check({ origin: undefined })).toBeUndefined();
    expect(new OriginPolicy({ origins: [] }).check({ origin: 'https://chat.example' })).toEqual({
      code: 'foreignOrigin',
    });
  });

  it('takes the origin of pages without one by its name', () => {
    expect(new OriginPolicy({ origins: ['null'] }).check({ origin: 'null' })).toBeUndefined();
  });

  it.each([
    ['https://chat.example/', 'https://chat.example'],
    ['https://chat.example:443', 'https://chat.example'],
    ['HTTPS://Chat.Example', 'https://chat.example'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['https://chat.example/page', 'https://chat.example'],
  ])('refuses %s, which no browser sends, and says what it would be', (origin, instead) => {
    expect(() => new OriginPolicy({ origins: [origin] })).toThrow(instead);
    expect(() => new OriginPolicy({ origins: [origin] })).toThrow(TypeError);
  });

  it.each(['*', 'chat.example', '', 'https://*.example', 'file:///page'])(
    'refuses %j, which no browser sends either',
    (origin) => {
      expect(() => new OriginPolicy({ origins: [origin] })).toThrow(TypeError);
    },
  );

  it.each([
    ['chat.example', 'https://chat.example'],
    ['chat.example', 'http://chat.example'],
    ['Chat.Example:443', 'https://chat.example'],
    ['localhost:8080', 'http://localhost:8080'],
    ['[::1]:8080', 'http://[::1]:8080'],
  ])("'same' lets in who comes to %s from %s", (host, origin) => {
    expect(new OriginPolicy({ origins: 'same' }).check({ host, origin })).toBeUndefined();
  });

  it.each([
    ['chat.example', 'https://evil.example'],
    ['chat.example', 'https://chat.example:8443'],
    ['chat.example:8443', 'https://chat.example'],
    ['chat.example', 'https://sub.chat.example'],
    ['chat.example', 'null'],
    ['chat.example', 'https://chat.example/'],
    ['x@chat.example/', 'https://x@chat.example/'],
    ['', 'https://'],
    [undefined, 'https://chat.example'],
  ])("'same' turns away who comes to %s from %s", (host, origin) => {
    expect(new OriginPolicy({ origins: 'same' }).check({ host, origin })).toEqual({ code: 'foreignOrigin' });
  });
});
