import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { close, connect, ping, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { certificate } from '../support/certificate.ts';
import { Inbox } from '../support/inbox.ts';
import { plainMessage, randomMessages } from '../support/random-messages.ts';
import { createRecording } from '../support/recording.ts';
import { schemes } from '../support/serving.ts';
import { type WsPeer, wsPeer } from '../support/ws-peer.ts';

describe.each(schemes)('ws as server of our client over $scheme', ({ scheme, secure }) => {
  async function serve() {
    const http = secure ? createTlsServer(await certificate()) : createServer();
    const peers = new Inbox<WsPeer>();
    const server = new WebSocketServer({ server: http, handleProtocols: (offered) => [...offered][1] ?? false });
    server.on('connection', (socket: WebSocket) => peers.push(wsPeer(socket)));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const address = http.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    return {
      url: `${scheme}://127.0.0.1:${port}`,
      peers,
      async [Symbol.asyncDispose]() {
        for (const client of server.clients) client.terminate();
        http.closeAllConnections();
        await new Promise((resolve) => http.close(resolve));
      },
    };
  }

  async function meet() {
    const server = await serve();
    const recording = createRecording();
    const tls = { ca: (await certificate()).cert };
    const session = await connect(server.url, { handler: recording.handler, tls, logger: () => {} });
    return { server, session, ...recording, peer: await server.peers.next() };
  }

  it('hears text and binary messages of all sizes, and we hear them back, unchanged and in order', async () => {
    const { server, session, frames, peer } = await meet();
    await using _ = server;
    peer.socket.on('message', (data, isBinary) => peer.socket.send(data, { binary: isBinary }));
    for (const message of randomMessages('ws server')) {
      const plain = plainMessage(message);
      const outcome = send(
        session,
        typeof message === 'string' ? text(message) : { type: 'binary', data: Buffer.from(message) },
      );
      expect(outcome).toBe('sent');
      expect((await peer.heard.next()) === plain).toBe(true);
      expect((await frames.next()) === plain).toBe(true);
    }
    close(session);
    expect(await peer.closed).toBe('1000');
    expect(await session.exited()).toEqual({ type: 'normal' });
  });

  it.each([
    [1000, 'done'],
    [1012, 'restart'],
    [3000, ''],
    [4999, 'für immer 👋'],
  ])('closes with %i %s, and we answer', async (code, reason) => {
    const { server, session, peer, exits } = await meet();
    await using _ = server;
    peer.socket.close(code, reason);
    expect(await peer.closed).toBe(`${code}`);
    expect(await session.exited()).toEqual({ type: 'remote', code, reason });
    expect(exits.length).toBe(1);
  });

  it.each([
    [1000, 'done'],
    [1001, ''],
    [4000, 'für immer 👋'],
  ])('hears that we close with %i %s', async (code, reason) => {
    const { server, session, peer } = await meet();
    await using _ = server;
    close(session, code, reason);
    expect(await peer.closed).toBe(`${code} ${reason}`.trimEnd());
    expect(await session.exited()).toEqual({ type: 'normal' });
  });

  it('pings and is answered, and answers our ping', async () => {
    const { server, session, peer, frames } = await meet();
    await using _ = server;
    peer.socket.ping('from ws');
    expect(await frames.next()).toBe(`ping ${Buffer.from('from ws').toString('hex')}`);
    expect(await peer.heard.next()).toBe(`pong ${Buffer.from('from ws').toString('hex')}`);
    send(session, ping('from us'));
    expect(await peer.heard.next()).toBe(`ping ${Buffer.from('from us').toString('hex')}`);
    expect(await frames.next()).toBe(`pong ${Buffer.from('from us').toString('hex')}`);
  });

  it('chooses one of our subprotocols', async () => {
    await using server = await serve();
    const { handler, requests } = createRecording();
    const tls = { ca: (await certificate()).cert };
    const session = await connect(server.url, { handler, tls, subprotocols: ['one', 'two'] });
    expect((await requests.next()).subprotocol).toBe('two');
    expect((await server.peers.next()).socket.protocol).toBe('two');
    session.send({ type: 'stop', reason: 'done' });
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'done' });
  });

  it('goes away without a word, which ends our session', async () => {
    const { server, session, peer } = await meet();
    await using _ = server;
    peer.socket.terminate();
    expect(await session.exited()).toMatchObject({ type: expect.stringMatching(/^(error|transportError)$/) });
  });
});
