import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { acceptUpgrade, listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { startHttp } from '../support/http-server.ts';
import { Inbox } from '../support/inbox.ts';
import { openRaw, openWebSocket, textFrame, upgradeRequest } from '../support/raw-client.ts';
import type { RawConnection } from '../support/raw-connection.ts';
import { fromClient } from '../support/raw-frame.ts';
import { createRecording, echo, recordReports } from '../support/recording.ts';
import { expectServing, listenWith, schemes } from '../support/serving.ts';

describe.each(schemes)('handshakes of hostile timing over $scheme', ({ secure }) => {
  const timeout = 400;

  async function expectTimedOut(act: (client: RawConnection) => void) {
    const { logger, reports } = recordReports();
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, logger, timeout });
    using client = await openRaw({ port: server.port, secure });
    const began = performance.now();
    act(client);
    const { startLine, headers } = await client.head();
    expect(startLine).toBe('HTTP/1.1 408 Request Timeout');
    expect(headers.get('connection')).toBe('close');
    await client.closed;
    expect(performance.now() - began).toBeGreaterThan(timeout * 0.9);
    expect(performance.now() - began).toBeLessThan(timeout * 2 + 1500);
    expect(reports.map(({ level, fields }) => `${level} ${fields?.code}`)).toEqual(['info handshakeTimeout']);
    await expectServing(server, secure);
  }

  it('A14: a request that arrives byte by byte without end is answered 408 and cut off (RFC 9110 §15.5.9)', () =>
    expectTimedOut((client) => {
      const request = upgradeRequest({ headers: { 'X-Slow': 'x'.repeat(10_000) } });
      let sent = 0;
      const dribble = setInterval(() => client.socket.write(request.charAt(sent++)), 5);
      client.socket.on('end', () => clearInterval(dribble)).on('close', () => clearInterval(dribble));
    }));

  it('A16: a peer that goes on sending garbage after its answer is logged once', async () => {
    const { logger, reports } = recordReports();
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, logger });
    using client = await openRaw({ port: server.port, secure });
    client.socket.write('who is there?\r\n\r\n');
    const more = setInterval(() => client.socket.write('still me\r\n\r\n'), 1);
    client.socket.on('end', () => clearInterval(more)).on('close', () => clearInterval(more));
    expect((await client.head()).startLine).toBe('HTTP/1.1 400 Bad Request');
    await client.closed;
    expect(reports.map(({ level, fields }) => `${level} ${fields?.code}`)).toEqual(['info badRequest']);
    await expectServing(server, secure);
  });

  it('A15: a connection that says nothing is answered 408 and cut off', () => expectTimedOut(() => {}));

  it('A15: a connection that sends an empty line and no more is answered 408 and cut off', () =>
    expectTimedOut((client) => client.socket.write('\r\n')));

  it('A14: a request that is complete in time is not cut off afterwards', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, timeout: 500 });
    using client = await openWebSocket({ port: server.port, secure });
    // A peer that says nothing runs into the limit meanwhile.
    using silent = await openRaw({ port: server.port, secure });
    await silent.closed;
    await client.write(textFrame('still here'));
    expect(await client.text()).toBe('still here');
  });

  const garbage = [
    { what: 'words', bytes: Buffer.from('who is there?\r\n\r\n') },
    { what: 'NULs', bytes: Buffer.alloc(64) },
    { what: 'a TLS ClientHello', bytes: Buffer.from('16030100c8010000c40303', 'hex') },
    { what: 'the preface of HTTP/2', bytes: Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') },
    { what: 'a frame', bytes: textFrame('too early') },
    { what: 'a header with a NUL', bytes: Buffer.from(upgradeRequest({ headers: { 'X-Nul': 'a\0b' } })) },
    { what: 'a header with a bare CR', bytes: Buffer.from(upgradeRequest({ headers: { 'X-Cr': 'a\rb' } })) },
  ];

  it.each(garbage)('A16: $what instead of a request is answered 400 and logged once', async ({ bytes }) => {
    const { logger, reports } = recordReports();
    const { handler, requests } = createRecording();
    await using server = await listen({ ...(await listenWith(secure)), handler, logger });
    using client = await openRaw({ port: server.port, secure });
    await client.write(bytes);
    const { startLine, headers } = await client.head();
    expect(startLine).toBe('HTTP/1.1 400 Bad Request');
    expect(headers.get('connection')).toBe('close');
    await client.closed;
    expect(reports.map(({ level, fields }) => `${level} ${fields?.code}`)).toEqual(['info badRequest']);
    expect(requests.length).toBe(0);
    await expectServing(server, secure);
  });

  it('A17: frames in the packet of the request reach handleIn after init, in order, once (RFC 6455 §4.2.2)', async () => {
    const told: string[] = [];
    const done = new Inbox<string>();
    await using server = await listen({
      ...(await listenWith(secure)),
      handler: {
        async init() {
          await new Promise(setImmediate);
          told.push('init');
          return ['ok', undefined];
        },
        handleIn(frame) {
          if (frame.type === 'text') told.push(frame.data);
          if (frame.type === 'ping') done.push('ping');
          return ['ok', undefined];
        },
      },
    });
    using client = await openRaw({ port: server.port, secure });
    const frames = [textFrame('one'), textFrame('two'), fromClient({ opcode: 9 })];
    await client.write(Buffer.concat([Buffer.from(upgradeRequest()), ...frames]));
    await done.next();
    expect(told).toEqual(['init', 'one', 'two']);
  });

  it('A23: a GET and an upgrade in one packet are answered in this order', async () => {
    await using server = await listen({
      ...(await listenWith(secure)),
      handler: echo,
      request: (_request, response) => response.end('page'),
    });
    using client = await openRaw({ port: server.port, secure });
    await client.write(`GET /page HTTP/1.1\r\nHost: a\r\n\r\n${upgradeRequest()}`);
    expect((await client.head()).startLine).toBe('HTTP/1.1 200 OK');
    expect((await client.take(4)).toString()).toBe('page');
    expect((await client.head()).startLine).toBe('HTTP/1.1 101 Switching Protocols');
    await client.write(textFrame('open'));
    expect(await client.text()).toBe('open');
  });

  it('A23: an upgrade behind a GET waits for its answer, which is never written into the WebSocket (RFC 9112 §9.3.2)', async () => {
    const pages = new Inbox<() => void>();
    const { handler, requests, frames } = createRecording();
    await using server = await listen({
      ...(await listenWith(secure)),
      handler,
      request: (_request, response) => pages.push(() => response.end('page')),
    });
    using client = await openRaw({ port: server.port, secure });
    const get = `GET /page HTTP/1.1\r\nHost: a\r\n\r\n`;
    await client.write(Buffer.concat([Buffer.from(get + get + upgradeRequest()), textFrame('open')]));
    const [first, second] = await pages.take(2);
    await expectServing(server, secure); // by now the upgrade has been read, too
    expect(await requests.take(1)).toHaveLength(1);
    expect(await frames.take(2)).toEqual(['text still there?', 'close 1000 ""']);
    second?.();
    first?.();
    for (const answer of ['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK']) {
      expect((await client.head()).startLine).toBe(answer);
      expect((await client.take(4)).toString()).toBe('page');
    }
    expect((await client.head()).startLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(await frames.next()).toBe('text open');
    expect(requests.length).toBe(1);
  });

  it('A23: a peer that resets while its upgrade waits behind a GET harms nobody', async () => {
    const pages = new Inbox<IncomingMessage>();
    const { handler, requests } = createRecording();
    await using server = await listen({
      ...(await listenWith(secure)),
      handler,
      request: (request) => pages.push(request),
    });
    using client = await openRaw({ port: server.port, secure });
    await client.write(`GET /page HTTP/1.1\r\nHost: a\r\n\r\n${upgradeRequest()}`);
    const { socket } = await pages.next();
    const gone = new Promise((resolve) => socket.on('close', resolve));
    client.reset();
    await gone;
    await expectServing(server, secure);
    expect(await requests.take(1)).toHaveLength(1);
  });

  it('A05: a peer that goes on sending its body gets the whole answer all the same', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, logger: () => {} });
    using client = await openRaw({ port: server.port, secure });
    const body = Buffer.alloc(1 << 20);
    client.socket.write(upgradeRequest({ headers: { 'Content-Length': String(8 * body.length) } }));
    for (let i = 0; i < 8; i++) client.socket.write(body);
    expect((await client.head()).startLine).toBe('HTTP/1.1 400 Bad Request');
    expect(await client.closed).toBe('ended'); // a reset could have overtaken the answer
    await expectServing(server, secure);
  });

  it('A23: what follows an upgrade in its packet is frames, even if it looks like a request', async () => {
    const { handler, requests, exits } = createRecording();
    await using server = await listen({ ...(await listenWith(secure)), handler, logger: () => {} });
    using client = await openRaw({ port: server.port, secure });
    await client.write(`${upgradeRequest()}GET /second HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect((await client.head()).startLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(await client.closeCode()).toBe(1002);
    expect(await exits.next()).toMatchObject({ type: 'error', error: 'badFrame' });
    expect(requests.length).toBe(1);
  });
});

describe('handshakes of hostile peers below TLS', () => {
  it('A15: a connection to a wss server that says nothing is cut off at the timeout', async () => {
    await using server = await listen({ ...(await listenWith(true)), handler: echo, timeout: 200, logger: () => {} });
    using client = await openRaw({ port: server.port });
    await client.closed;
    await expectServing(server, true);
  });

  it('A16: plain HTTP to a wss server is cut off and logged once', async () => {
    const { logger, reports } = recordReports();
    await using server = await listen({ ...(await listenWith(true)), handler: echo, logger });
    using client = await openRaw({ port: server.port });
    await client.write(upgradeRequest());
    await client.closed;
    expect(reports.map(({ level, fields }) => `${level} ${fields?.code}`)).toEqual(['info badRequest']);
    await expectServing(server, true);
  });

  it('A16: a TLS client on a ws server fails, and nobody else', async () => {
    await using server = await listen({ ...(await listenWith(false)), handler: echo, logger: () => {} });
    const [error] = await once(connectTls({ host: '127.0.0.1', port: server.port }), 'error');
    expect(error).toBeInstanceOf(Error);
    await expectServing(server);
  });
});

describe('handshakes of peers that go away, and of mistaken applications', () => {
  it('A18: a peer that resets between the upgrade and our 101 leaves one terminate behind', async () => {
    const { handler, exits } = createRecording();
    await using server = await startHttp();
    const upgraded = new Promise<[IncomingMessage, Duplex, Buffer]>((resolve) => {
      server.http.once('upgrade', (...upgrade) => resolve(upgrade));
    });
    const client = await openRaw(server);
    await client.write(upgradeRequest());
    const [request, socket, head] = await upgraded;
    const gone = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
    socket.resume();
    client.reset();
    await gone;
    const outcome = acceptUpgrade(request, socket, head, { handler });
    expect(outcome.ok).toBe(true);
    expect(await exits.next()).toMatchObject({ type: expect.stringMatching(/^(error|transportError)$/) });
    expect(exits.length).toBe(0);
  });

  it('a refused peer that does not hang up is cut off', async () => {
    await using server = await listen({ ...(await listenWith(false)), handler: echo, path: '/chat' });
    const accepted = new Promise<Duplex>((resolve) => server.http.once('connection', resolve));
    using client = await openRaw({ port: server.port, allowHalfOpen: true });
    const socket = await accepted;
    const cut = new Promise((resolve) => socket.on('close', resolve));
    await client.write(upgradeRequest());
    expect((await client.head()).startLine).toContain(' 404 ');
    await cut; // although it keeps its half open
  });

  it('a refused peer that breaks while it is told why harms nobody', async () => {
    await using server = await listen({ ...(await listenWith(false)), handler: echo, path: '/chat' });
    const asked = new Promise<IncomingMessage>((resolve) => server.http.once('upgrade', resolve));
    using client = await openRaw({ port: server.port });
    await client.write(upgradeRequest());
    const broken = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const closed = new Promise((resolve) => broken.on('close', resolve));
    server.http.emit('upgrade', await asked, broken, Buffer.alloc(0));
    await closed;
    await openWebSocket({ port: server.port }, { path: '/chat' }).then((other) => other.end());
  });

  it.each([
    { title: 'CR LF in a value', headers: [['X-Split', 'a\r\nSet-Cookie: b']] as const },
    { title: 'LF in a name', headers: [['X\n', 'a']] as const },
    { title: 'NUL in a value', headers: [['X', 'a\0']] as const },
    { title: 'a header of the handshake', headers: [['Sec-WebSocket-Extensions', 'x']] as const },
  ])(
    "A19: $title among the answer's headers is a TypeError of listen, before anybody connects",
    async ({ headers }) => {
      await expect(listen({ handler: echo, headers })).rejects.toThrow(TypeError);
    },
  );
});
