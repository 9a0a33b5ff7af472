import { execFile } from 'node:child_process';
import type { RequestListener } from 'node:http';
import { text as readAll } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { listen, type Server } from 'genws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upgradeHeaders } from '../support/http-answer.ts';
import { installedProgram } from '../support/installed-program.ts';
import { echo } from '../support/recording.ts';
import { listenWith } from '../support/serving.ts';

const execute = promisify(execFile);

/** What a client of somebody else prints; rejects when it is not content, or does not come to an end. */
async function run(name: string, debian: string, parameters: readonly string[]): Promise<string> {
  const { stdout } = await execute(installedProgram(name, debian), parameters, { timeout: 10_000 });
  return stdout;
}

/** What curl gets, and behind it the version of HTTP and the status. */
const curl = (...parameters: readonly string[]): Promise<string> => {
  const manner = ['--silent', '--show-error', '--insecure', '--write-out', ' (HTTP/%{http_version} %{http_code})'];
  return run('curl', 'curl', [...manner, ...parameters]);
};

/** All that goes through a connection of nghttp, in words. */
const nghttp = (...parameters: readonly string[]): Promise<string> =>
  run('nghttp', 'nghttp2-client', ['--verbose', '--no-verify-peer', ...parameters]);

/** Tells back what has been asked. */
const page: RequestListener = async (request, response) => {
  const body = await readAll(request);
  response.end(`${request.method} ${request.url} ${body}`.trim());
};

/** Parameters that make curl ask for a WebSocket. */
const asking = (version = '13'): string[] =>
  Object.entries({ ...upgradeHeaders, 'Sec-WebSocket-Version': version }).flatMap(([name, value]) => [
    '--header',
    `${name}: ${value}`,
  ]);

describe.each([
  { scheme: 'http', secure: false, http1: ['--http1.1'], http2: ['--http2-prior-knowledge'] },
  { scheme: 'https', secure: true, http1: ['--http1.1'], http2: ['--http2'] },
])('a server of WebSockets, asked for pages over $scheme by curl and nghttp', ({ scheme, secure, http1, http2 }) => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = await listen({
      ...(await listenWith(secure)),
      http2: true,
      path: '/live',
      handler: echo,
      request: page,
      logger: () => {},
    });
    url = `${scheme}://127.0.0.1:${server.port}`;
  });
  afterAll(() => server.stop());

  it('answers over HTTP/1.1', async () => {
    expect(await curl(...http1, `${url}/a?b=c`)).toBe('GET /a?b=c (HTTP/1.1 200)');
  });

  it('answers over HTTP/2 on the same port (RFC 9113 §3)', async () => {
    expect(await curl(...http2, `${url}/a?b=c`)).toBe('GET /a?b=c (HTTP/2 200)');
  });

  it.each([
    ['HTTP/1.1', http1],
    ['HTTP/2', http2],
  ])('takes 100 kB over %s and gives them back', async (_version, how) => {
    const body = 'genws'.repeat(20_000);
    const answer = await curl(...how, '--data', body, `${url}/`);
    expect(answer.startsWith(`POST / ${body} (HTTP/`)).toBe(true);
  });

  it('is asked for many pages at once over one connection of HTTP/2 (RFC 9113 §5)', async () => {
    const said = await nghttp('--multiply=50', `${url}/many`);
    expect(said.match(/recv \(stream_id=\d+\) :status: 200/g)).toHaveLength(50);
    expect(said.match(/\] Connected$/gm)).toHaveLength(1);
  });

  it('says in its first SETTINGS that it takes WebSockets over HTTP/2 (RFC 8441 §3)', async () => {
    const said = await nghttp(`${url}/`);
    const [, settings] = /recv SETTINGS frame (?:.*\n)((?: {2}.*\n)*)/.exec(said) ?? [];
    expect(settings).toContain('[SETTINGS_ENABLE_CONNECT_PROTOCOL(0x08):1]');
  });

  it('refuses a wrong request for a WebSocket with an answer that curl reads to its end (RFC 6455 §4.4)', async () => {
    const answer = await curl('--http1.1', '--include', ...asking('8'), `${url}/live`);
    expect(answer).toMatch(/^HTTP\/1\.1 426 .*\r\nSec-WebSocket-Version: 13\r\n.* \(HTTP\/1\.1 426\)$/s);
  });

  it('refuses a WebSocket elsewhere with an answer that curl reads to its end', async () => {
    expect(await curl('--http1.1', ...asking(), `${url}/elsewhere`)).toMatch(/ \(HTTP\/1\.1 404\)$/);
  });
});

it('answers a client that would upgrade to HTTP/2 over HTTP/1.1, as it may (RFC 9110 §7.8)', async () => {
  await using server = await listen({ host: '127.0.0.1', http2: true, handler: echo, request: page });
  expect(await curl('--http2', `http://127.0.0.1:${server.port}/a`)).toBe('GET /a (HTTP/1.1 200)');
});
