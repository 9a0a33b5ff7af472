import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWebSocketUrl } from './url.ts';

// Every character that one byte can be, and some that a careless encoder would turn into CR, LF or NUL.
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0x2ff }).map((code) => String.fromCharCode(code)) });

function target(url: string | URL) {
  const parsed = parseWebSocketUrl(url);
  return parsed.ok ? parsed.target : parsed.refusal;
}

describe('parseWebSocketUrl', () => {
  it('knows the ports of ws and wss and leaves them out of the Host header (RFC 6455 §3, §4.1)', () => {
    const parts = { hostname: 'example.com', path: '/', hostHeader: 'example.com' };
    for (const url of ['ws://example.com', 'ws://example.com/', 'ws://example.com:80/', 'WS://EXAMPLE.com:/']) {
      expect(target(url)).toEqual({ ...parts, secure: false, port: 80 });
    }
    for (const url of ['wss://example.com', 'wss://example.com:443', new URL('wss://example.com:443')]) {
      expect(target(url)).toEqual({ ...parts, secure: true, port: 443 });
    }
  });

  it('keeps any other port in the Host header', () => {
    expect(target('ws://h:443')).toMatchObject({ port: 443, hostHeader: 'h:443' });
    expect(target('wss://h:80')).toMatchObject({ port: 80, hostHeader: 'h:80' });
    expect(target('ws://h:65535')).toMatchObject({ port: 65535, hostHeader: 'h:65535' });
    expect(target('ws://h:0')).toMatchObject({ port: 0, hostHeader: 'h:0' });
  });

  it('keeps the brackets of an IPv6 address in the Host header only (RFC 3986 §3.2.2)', () => {
    expect(target('ws://[::1]:8080/a')).toEqual({
      secure: false,
      hostname: '::1',
      port: 8080,
      path: '/a',
      hostHeader: '[::1]:8080',
    });
    expect(target('ws://[2001:DB8::1]')).toMatchObject({ hostname: '2001:db8::1', hostHeader: '[2001:db8::1]' });
    expect(target('ws://127.0.0.1')).toMatchObject({ hostname: '127.0.0.1' });
  });

  it('takes the path and the query as the resource, and adds the slash that is left out (RFC 6455 §3)', () => {
    expect(target('ws://h?x')).toMatchObject({ path: '/?x' });
    expect(target('ws://h:81?x=a@b:c')).toMatchObject({ path: '/?x=a@b:c', port: 81 });
    expect(target('ws://h/a/b?c=%20')).toMatchObject({ path: '/a/b?c=%20' });
    expect(target('ws://h/a@b:c')).toMatchObject({ path: '/a@b:c' });
    expect(target('ws://h/\u00e9')).toMatchObject({ path: '/%C3%A9' });
  });

  it('turns an international name into its ASCII form', () => {
    expect(target('ws://b\u00fccher.example')).toMatchObject({ hostname: 'xn--bcher-kva.example' });
  });

  it.each([
    ['http://h', 'http'],
    ['https://h', 'https'],
    ['wsss://h', 'wsss'],
    ['file:///a', 'file'],
    ['h:80', 'h'],
  ])('refuses the scheme of %s', (url, scheme) => {
    expect(target(url)).toEqual({ code: 'invalidScheme', scheme });
  });

  it.each(['ws://h#', 'ws://h/a#b', 'ws://h?a#b'])('refuses the fragment of %s (RFC 6455 §3)', (url) => {
    expect(target(url)).toEqual({ code: 'fragmentNotAllowed' });
    expect(target(new URL(url))).toEqual({ code: 'fragmentNotAllowed' });
  });

  it.each([
    ['ws://h:abc/', 'abc'],
    ['ws://h:65536', '65536'],
    ['ws://h:99999999999999999999', '99999999999999999999'],
    ['ws://h:-1', '-1'],
    ['ws://[::1]:x', 'x'],
    ['ws://h:80:81x', '81x'],
  ])('refuses the port of %s', (url, port) => {
    expect(target(url)).toEqual({ code: 'invalidPort', port });
  });

  it.each([
    '',
    'h',
    '//h',
    'ws:h',
    'ws:/h',
    'ws://',
    'ws:///h',
    'ws://?x',
    'ws://:80',
    'ws://user@h',
    'ws://user:password@h',
    'ws://@h',
    'ws://::1/',
    'ws://[::1',
    'ws://[::g]',
    'ws://a b',
    'ws://a%20b',
    'ws://h/a b',
    'ws://h/\\a',
    'ws://good.example\\@evil.example',
    ' ws://h',
    'ws://h/ ',
  ])('refuses %j as no WebSocket URL', (url) => {
    expect(target(url)).toEqual({ code: 'invalidUrl' });
  });

  it.each(['\r', '\n', '\t', '\0', '\x7f'])('refuses %j anywhere instead of dropping it', (char) => {
    for (const url of [`w${char}s://h/a`, `ws://h${char}/a`, `ws://h/a${char}`, `ws://h/a?${char}`]) {
      expect(target(url)).toEqual({ code: 'invalidUrl' });
    }
  });

  it('never throws, and never yields a target that cannot stand in a request line', () => {
    const part = fc.constantFrom(
      'ws:',
      'wss:',
      '//',
      'h',
      '[::1]',
      ':80',
      ':',
      '/',
      '?',
      '#',
      '@',
      '\\',
      ' ',
      '\r\n',
      '%0a',
    );
    const text = fc.oneof(
      anyText,
      fc.array(part).map((parts) => `ws://h${parts.join('')}`),
    );
    fc.assert(
      fc.property(text, (url) => {
        const parsed = parseWebSocketUrl(url);
        if (parsed.ok) expect(`${parsed.target.path} ${parsed.target.hostHeader}`).toMatch(/^\/[!-~]* [!-~]+$/);
      }),
    );
  });
});
