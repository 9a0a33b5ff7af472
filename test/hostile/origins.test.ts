import { inspect } from 'node:util';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { defineHandler, deny, type ListenOptions, listen, type Report } from 'genws';
import { observeServer } from 'genws/opentelemetry';
import { describe, expect, it } from 'vitest';
import { versions } from '../support/knock.ts';
import { Ledger } from '../support/ledger.ts';
import { recordReports } from '../support/recording.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

type Settings = Pick<ListenOptions<never, never, never>, 'origins' | 'originRequired'>;

const page = 'https://page.example';

describe.each(versions)('the Origin of a page over $version', ({ opened, knock }) => {
  /** Which answer each `Origin` gets; with `undefined`, the header is left out. */
  async function answersTo(origins: readonly (string | undefined)[], settings: Settings) {
    const ledger = new Ledger();
    const { logger, reports } = recordReports();
    await using server = await listen({ http2: true, host: '127.0.0.1', ...settings, handler: ledger.handler, logger });
    const statuses: number[] = [];
    for (const origin of origins) {
      using visitor = await knock(server.port, { headers: origin === undefined ? {} : { origin } });
      const { status } = await visitor.answer;
      statuses.push(status);
      if (status !== opened) continue;
      expect((await ledger.requests.next()).origin).toBe(origin);
      expect(await visitor.echo('hello')).toBe('hello');
      visitor.leave();
    }
    await server.sessions.empty();
    expect(ledger.count).toBe(statuses.filter((status) => status === opened).length);
    await server.stop({ deadline: 0 });
    ledger.expectBalanced();
    const codes = reports.filter(({ event }) => event === 'handshake.refused').map(({ fields }) => fields?.code);
    return { statuses, codes };
  }

  it('J02: one that is not allowed, null, and none are answered 403; the one that is comes in (RFC 6455 §10.2)', async () => {
    const { statuses, codes } = await answersTo(['https://evil.example', 'null', undefined, '', page], {
      origins: [page],
    });
    expect(statuses).toEqual([403, 403, 403, 403, opened]);
    expect(codes).toEqual(['foreignOrigin', 'foreignOrigin', 'missingOrigin', 'foreignOrigin']);
  });

  it('J02: none comes in where that is allowed by an option, a foreign one still does not (RFC 6455 §10.2)', async () => {
    const settings = { origins: [page], originRequired: false };
    expect((await answersTo([undefined, 'https://evil.example', 'null', page], settings)).statuses).toEqual([
      opened,
      403,
      403,
      opened,
    ]);
  });

  it('J02: null comes in where it is in the list, and nobody where the list is empty', async () => {
    expect((await answersTo(['null', page], { origins: ['null'] })).statuses).toEqual([opened, 403]);
    expect((await answersTo([page, 'null', undefined], { origins: [] })).statuses).toEqual([403, 403, 403]);
  });

  it('J02: without a list every origin comes in, and is told to the handler (RFC 6455 §10.2)', async () => {
    expect((await answersTo(['https://evil.example', 'null', undefined], {})).statuses).toEqual([
      opened,
      opened,
      opened,
    ]);
  });

  it('J03: it is compared character for character: name, subdomain, port, scheme, case, form (RFC 6454 §5)', async () => {
    const allowed = ['https://example.com', 'https://example.com:8443', 'https://xn--bcher-kva.example'];
    const foreign = [
      'https://evil-example.com',
      'https://example.com.evil',
      'https://www.example.com',
      'https://example.co',
      'https://example.comx',
      'http://example.com',
      'https://example.com:443',
      'https://example.com:8080',
      'https://example.com:84430',
      'https://EXAMPLE.com',
      'HTTPS://example.com',
      'https://example.com/',
      'https://example.com.',
      'https://example.com@evil.example',
      'https://evil.example#https://example.com',
      'https://evil.example, https://example.com',
      'https://example.com https://evil.example',
      'https://b\u00fccher.example',
      'https://XN--BCHER-KVA.example',
      'example.com',
      '//example.com',
      '*',
    ];
    const { statuses } = await answersTo([...foreign, ...allowed], { origins: allowed });
    expect(statuses).toEqual([...foreign.map(() => 403), ...allowed.map(() => opened)]);
  });
});

describe('a list of origins', () => {
  it.each([
    'https://example.com/',
    'https://EXAMPLE.com',
    'example.com',
    '*',
    'https://*.example.com',
    'https://example.com:443',
    'https://bücher.example',
    '',
  ])('J03: %j, which no browser sends, is an error at once', async (origin) => {
    const { handler } = new Ledger();
    await expect(listen({ host: '127.0.0.1', origins: [origin], handler })).rejects.toThrow(TypeError);
  });
});

/** Collects when a test says so. */
class Reader extends MetricReader {
  readonly #provider = new MeterProvider({ readers: [this] });
  readonly meter = this.#provider.getMeter('test');

  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

describe.each(versions)('a token in the query over $version', ({ opened, knock }) => {
  it('J04: is in no report and in no metric, whatever becomes of the request', async () => {
    const token = 's3cr3t-t0k3n';
    const { logger, reports } = recordReports();
    const handler = defineHandler<undefined, never, undefined>({
      init: () => ['ok', undefined],
      handleIn() {
        throw new Error('the handler has failed');
      },
    });
    await using server = await listen({
      ...{ http2: true, host: '127.0.0.1', path: '/chat', subprotocols: ['chat'], timeout: 200, handler, logger },
      authorize({ headers }) {
        if (headers.has('x-deny')) return deny(401);
        if (headers.has('x-fail')) throw new Error('nobody knows');
        return headers.has('x-wait') ? new Promise<never>(() => {}) : undefined;
      },
    });
    const reader = new Reader();
    using _observation = observeServer(server, { meter: reader.meter });
    const chat = { 'sec-websocket-protocol': 'chat' };
    const query = `?token=${token}`;
    const requests = [
      { path: `/other${query}`, headers: chat, status: 404 },
      { path: `/chat${query}`, headers: { 'sec-websocket-protocol': 'mqtt' }, status: 400 },
      { path: `/chat${query}`, headers: { ...chat, 'sec-websocket-version': '8' }, status: 426 },
      { path: `/chat${query}`, headers: { ...chat, 'x-deny': '1' }, status: 401 },
      { path: `/chat${query}`, headers: { ...chat, 'x-fail': '1' }, status: 500 },
      { path: `/chat${query}`, headers: { ...chat, 'x-wait': '1' }, status: 503 },
      {
        path: `/chat${query}`,
        headers: { ...chat, authorization: `Bearer ${token}`, cookie: `token=${token}` },
        status: opened,
      },
    ];
    for (const { path, headers, status } of requests) {
      using visitor = await knock(server.port, { path, headers });
      expect((await visitor.answer).status).toBe(status);
      if (status === opened) await visitor.echo('break').catch(() => {});
    }
    await server.sessions.empty();
    await server.stop({ deadline: 0 });
    const events = new Set(reports.map(({ event }: Report) => event));
    expect([...events]).toContain('handshake.refused');
    expect([...events].some((event) => event.includes('crash'))).toBe(true);
    const everything = inspect(reports, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null });
    expect(everything).not.toContain(token);
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    const metrics = JSON.stringify(resourceMetrics);
    expect(metrics).toContain('genws.handshake.refused');
    expect(metrics).not.toContain(token);
  });
});
