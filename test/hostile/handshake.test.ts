import type { RequestListener } from 'node:http';
import { type ListenOptions, listen } from 'genws';
import { describe, expect, it } from 'vitest';
import {
  openRaw,
  type RequestOverrides,
  sampleAccept,
  sampleKey,
  textFrame,
  upgradeRequest,
} from '../support/raw-client.ts';
import { createRecording, echo, recordReports } from '../support/recording.ts';
import { expectServing, listenWith, schemes } from '../support/serving.ts';

interface Refusal {
  readonly status: number;
  readonly code: string;
  /** Headers that the answer must have. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Limits = Pick<ListenOptions<never, never, never>, 'maxHandshakeSize' | 'subprotocols'>;

describe.each(schemes)('hostile handshakes over $scheme', ({ secure }) => {
  /** Send what is no handshake: it is answered, logged once, cut off, and disturbs nobody. */
  async function expectRefused(wire: string, { status, code, headers = {} }: Refusal, limits: Limits = {}) {
    const { logger, reports } = recordReports();
    const { handler, requests } = createRecording();
    await using server = await listen({ ...(await listenWith(secure)), ...limits, handler, logger });
    using client = await openRaw({ port: server.port, secure });
    const sent = performance.now();
    await client.write(wire);
    const answer = await client.head();
    expect(answer.startLine).toMatch(new RegExp(`^HTTP/1\\.1 ${status} \\w`));
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      connection: expect.stringMatching(/^close\b/),
      ...headers,
    });
    const body = await client.rest();
    expect(body.length).toBe(Number(answer.headers.get('content-length')));
    await client.closed;
    expect(performance.now() - sent).toBeLessThan(1500);
    expect(reports.map(({ level, event, fields }) => ({ level, event, code: fields?.code }))).toEqual([
      { level: 'info', event: 'handshake.refused', code },
    ]);
    expect(requests.length).toBe(0);
    await expectServing(server, secure);
    return { text: body.toString(), report: reports[0] };
  }

  const refusals: readonly (Refusal & { readonly title: string; readonly request: RequestOverrides })[] = [
    {
      title: 'A01: a POST is answered 405 (RFC 6455 §4.2.1)',
      request: { method: 'POST' },
      ...{ status: 405, code: 'wrongMethod', headers: { allow: 'GET' } },
    },
    {
      title: 'A02: HTTP/1.0 is answered 400 (RFC 6455 §4.2.1)',
      request: { version: '1.0' },
      ...{ status: 400, code: 'httpVersion' },
    },
    {
      title: 'A03: a request without Host is answered 400 (RFC 6455 §4.2.1)',
      request: { headers: { Host: undefined } },
      ...{ status: 400, code: 'missingHost' },
    },
    {
      title: 'A04: two Host headers are answered 400 (RFC 9112 §3.2)',
      request: { headers: { Host: ['one.example', 'two.example'] } },
      ...{ status: 400, code: 'duplicateHost' },
    },
    {
      title: 'A10: a request without Sec-WebSocket-Key is answered 400 (RFC 6455 §4.2.1)',
      request: { headers: { 'Sec-WebSocket-Key': undefined } },
      ...{ status: 400, code: 'missingKey' },
    },
    ...['not base64 at all!!!!!!', 'AAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAAA=', '', `${sampleKey}, x`].map(
      (key) => ({
        title: `A10: the Sec-WebSocket-Key ${JSON.stringify(key)} is answered 400 (RFC 6455 §4.2.1)`,
        request: { headers: { 'Sec-WebSocket-Key': key } },
        ...{ status: 400, code: 'badKey' },
      }),
    ),
    {
      title: 'A10: two keys are answered 400 (RFC 6455 §11.3.1)',
      request: { headers: { 'Sec-WebSocket-Key': [sampleKey, sampleKey] } },
      ...{ status: 400, code: 'duplicateHeader' },
    },
    ...['8', '12', '13, 8', undefined].map((version) => ({
      title: `A11: the version ${version ?? 'left out'} is answered 426 with the version to use (RFC 6455 §4.4)`,
      request: { headers: { 'Sec-WebSocket-Version': version } },
      ...{ status: 426, code: 'unsupportedVersion', headers: { 'sec-websocket-version': '13', upgrade: 'websocket' } },
    })),
    ...['chat, chat', 'chat, a b', 'chat,, superchat', '"chat"', ''].map((value) => ({
      title: `A13: the subprotocols ${JSON.stringify(value)} are answered 400 (RFC 6455 §4.1)`,
      request: { headers: { 'Sec-WebSocket-Protocol': value } },
      ...{ status: 400, code: 'badSubprotocol' },
    })),
  ];

  it.each(refusals)('$title', async ({ request, ...refusal }) => {
    const { text } = await expectRefused(upgradeRequest(request), refusal);
    expect(text).toMatch(/RFC \d+ §.*\)\n$/);
  });

  it('A01: a HEAD is answered 405 without a body (RFC 9110 §9.3.2)', async () => {
    const { logger, reports } = recordReports();
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, logger });
    using client = await openRaw({ port: server.port, secure });
    await client.write(upgradeRequest({ method: 'HEAD' }));
    const { startLine, headers } = await client.head();
    expect(startLine).toBe('HTTP/1.1 405 Method Not Allowed');
    expect(headers.get('allow')).toBe('GET');
    expect(await client.rest()).toHaveLength(0);
    expect(reports).toHaveLength(1);
    await expectServing(server, secure);
  });

  it.each([
    { title: 'a Content-Length', headers: { 'Content-Length': String(textFrame('body').length) } },
    { title: 'a Transfer-Encoding', headers: { 'Transfer-Encoding': 'chunked' } },
  ])('A05: a request with $title is answered 400, its body never read as frames', async ({ headers }) => {
    const wire = upgradeRequest({ headers }) + textFrame('body').toString('latin1');
    await expectRefused(wire, { status: 400, code: 'bodyNotAllowed' });
  });

  it('A06: an upgrade to h2c alone is a request like any other: never selected, never in its way (RFC 9110 §7.8)', async () => {
    const request: RequestListener = (_request, response) => response.end('page');
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, request });
    using client = await openRaw({ port: server.port, secure });
    await client.write(upgradeRequest({ headers: { Upgrade: 'h2c' } }));
    expect((await client.head()).startLine).toBe('HTTP/1.1 200 OK');
    expect((await client.take(4)).toString()).toBe('page');
    await client.write(upgradeRequest()); // the connection is still good for a WebSocket
    expect((await client.head()).startLine).toBe('HTTP/1.1 101 Switching Protocols');
  });

  it.each([
    { headers: { Upgrade: 'h2c, websocket' }, title: 'A06: of "h2c, websocket" only websocket is selected' },
    { headers: { Connection: 'keep-alive, Upgrade' }, title: 'A07: Connection may name more than Upgrade' },
    { headers: { Connection: ['keep-alive', 'upgrade'] }, title: 'A07: Connection may stand on two lines' },
    { headers: { Upgrade: 'WebSocket', Connection: 'UPGRADE' }, title: 'A07: Upgrade and Connection have no case' },
    { headers: { Upgrade: ['websocket', 'websocket'] }, title: 'A07: Upgrade may be repeated' },
    {
      headers: { 'Sec-WebSocket-Extensions': '__proto__; constructor=toString, constructor; __proto__' },
      title: 'A12: extensions named like parts of Object.prototype are passed over',
    },
  ])('$title (RFC 6455 §4.2.1)', async ({ headers }) => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    using client = await openRaw({ port: server.port, secure });
    await client.write(upgradeRequest({ headers }));
    const answer = await client.head();
    expect(answer.startLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(Object.fromEntries(answer.headers)).toEqual({
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-accept': sampleAccept,
    });
    expect(Object.keys(Object.prototype)).toEqual([]);
    await client.write(textFrame('open'));
    expect(await client.text()).toBe('open');
  });

  it('A08: a header block over the limit is answered 431 (RFC 6585 §5)', async () => {
    const of = (size: number): string => upgradeRequest({ headers: { 'X-Fill': 'x'.repeat(size) } });
    await expectRefused(of(17 * 1024), { status: 431, code: 'handshakeTooBig' });
    await expectRefused(of(1024), { status: 431, code: 'handshakeTooBig' }, { maxHandshakeSize: 1000 });
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    using client = await openRaw({ port: server.port, secure });
    await client.write(of(15 * 1024));
    expect((await client.head()).startLine).toContain(' 101 ');
  });

  it('A09: more headers than Node reads, so that Upgrade is not among them, are refused without an exception', async () => {
    const { logger, reports } = recordReports();
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, logger });
    using client = await openRaw({ port: server.port, secure });
    const crowd = { Upgrade: undefined, a: Array(1100).fill('b'), last: 'websocket' };
    await client.write(upgradeRequest({ headers: crowd }).replace('last: ', 'Upgrade: '));
    // Older lines of Node drop what is too many, newer ones refuse it.
    expect((await client.head()).startLine).toMatch(/ (400 Bad Request|431 Request Header Fields Too Large)$/);
    await client.closed;
    expect(reports.map(({ fields }) => fields?.code)).toEqual([
      expect.stringMatching(/^(missingUpgradeHeader|handshakeTooBig)$/),
    ]);
    await expectServing(server, secure);
  });

  const hugeLists = [
    { title: 'an unclosed quote before 64 KiB', name: 'Extensions', value: `x; y="${'\\"'.repeat(32 * 1024)}` },
    { title: '64 Ki quotes', name: 'Extensions', value: 'a'.padEnd(64 * 1024, '"') },
    { title: '10,000 offers', name: 'Extensions', value: 'permessage-deflate,'.repeat(10_000) },
    { title: 'an offer of 10,000 parameters', name: 'Extensions', value: `x${'; a=b'.repeat(10_000)}` },
    { title: '256 KiB of spaces', name: 'Protocol', value: `chat${' '.repeat(256 * 1024)}x` },
    { title: '128 Ki empty elements', name: 'Protocol', value: `chat${','.repeat(128 * 1024)}` },
  ];

  it.each(hugeLists)('A12, A13: $title are refused in linear time', async ({ name, value }) => {
    const wire = upgradeRequest({ headers: { [`Sec-WebSocket-${name}`]: value } });
    const code = name === 'Protocol' ? 'badSubprotocol' : 'badExtensions';
    const began = performance.now();
    const { report } = await expectRefused(wire, { status: 400, code }, { maxHandshakeSize: 1024 * 1024 });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(report?.text.length).toBeLessThan(300);
  });
});
