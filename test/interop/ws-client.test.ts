import { once } from 'node:events';
import { type CloseFrame, close, listen, ping, type SessionExit, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { plainMessage, randomMessages } from '../support/random-messages.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';
import { connectWs, wsPeer } from '../support/ws-peer.ts';

describe.each(schemes)('ws as client of our server over $scheme', ({ secure }) => {
  const serve = async (subprotocols?: readonly string[]) => {
    const recording = createRecording();
    const server = await listen({
      ...(await listenWith(secure)),
      handler: recording.handler,
      subprotocols,
      logger: () => {},
    });
    return { server, ...recording };
  };

  it('hears text and binary messages of all sizes back, unchanged and in order', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    const peer = await connectWs(server.url);
    const messages = [...randomMessages('ws client')];
    for (const message of messages) peer.socket.send(message);
    for (const message of messages) expect((await peer.heard.next()) === plainMessage(message)).toBe(true);
    peer.socket.close(1000);
    expect(await peer.closed).toBe('1000');
  });

  it('sends one message in many fragments, which is one to us (RFC 6455 §5.4)', async () => {
    const { server, frames } = await serve();
    await using _ = server;
    const peer = await connectWs(server.url);
    for (const piece of ['in ', 'several ', 'pieces']) peer.socket.send(piece, { fin: piece === 'pieces' });
    expect(await frames.next()).toBe('text in several pieces');
    peer.socket.close();
  });

  it.each([
    [1000, 'done'],
    [1001, ''],
    [1011, 'é'.repeat(61)],
    [1012, 'restart'],
    [3000, ''],
    [4999, 'own'],
  ])('closes with %i, which our handler hears and it hears back', async (code, reason) => {
    const { server, frames, exits } = await serve();
    await using _ = server;
    const peer = await connectWs(server.url);
    peer.socket.close(code, reason);
    expect(await peer.closed).toBe(`${code}`);
    expect(await frames.next()).toBe(`close ${code} ${JSON.stringify(reason)}`);
    expect(await exits.next()).toEqual<SessionExit>({ type: 'remote', code, reason });
  });

  it('closes without a code, and hears none (RFC 6455 §7.1.5)', async () => {
    const { server, exits } = await serve();
    await using _ = server;
    const peer = await connectWs(server.url);
    peer.socket.close();
    expect(await peer.closed).toBe('1005');
    expect(await exits.next()).toEqual({ type: 'remote' });
  });

  const closings: readonly { frame: Required<CloseFrame>; heard: string }[] = [
    { frame: { type: 'close', code: 1000, reason: '' }, heard: '1000' },
    { frame: { type: 'close', code: 1013, reason: 'later' }, heard: '1013 later' },
    { frame: { type: 'close', code: 4000, reason: 'für immer 👋' }, heard: '4000 für immer 👋' },
    { frame: { type: 'close', code: 3999, reason: 'x'.repeat(200) }, heard: `3999 ${'x'.repeat(123)}` },
    { frame: { type: 'close', code: 1005, reason: '' }, heard: '1002' },
  ];

  it.each(closings)('hears our close frame as $heard', async ({ frame: { code, reason }, heard }) => {
    const { server, sessions, exits } = await serve();
    await using _ = server;
    const peer = await connectWs(server.url);
    close(await sessions.next(), code, reason);
    expect(await peer.closed).toBe(heard);
    expect(await exits.next()).toEqual({ type: 'normal' });
  });

  it('is told 1009, 1007 and 1002 for what it did wrong (RFC 6455 §7.4.1)', async () => {
    const { handler, exits } = createRecording();
    const limits = { maxFrame: 1000, maxMessage: 1000 };
    await using server = await listen({ ...(await listenWith(secure)), handler, limits, logger: () => {} });
    const big = await connectWs(server.url);
    big.socket.send('x'.repeat(1001));
    expect(await big.closed).toMatch(/^1009 /);
    const garbled = await connectWs(server.url);
    garbled.socket.send(Buffer.of(0xc3, 0x28), { binary: false });
    expect(await garbled.closed).toMatch(/^1007 /);
    const unmasked = await connectWs(server.url);
    unmasked.socket.send('bare', { mask: false });
    expect(await unmasked.closed).toMatch(/^1002 /);
    expect((await exits.take(3)).map((exit) => (exit.type === 'error' ? exit.error : exit.type))).toEqual([
      'tooBig',
      'badEncoding',
      'badFrame',
    ]);
  });

  it('pings and is answered, answers our ping, and hears messages in between (RFC 6455 §5.5.2, §5.5.3)', async () => {
    const { server, sessions, frames } = await serve();
    await using _ = server;
    const peer = await connectWs(server.url);
    const session = await sessions.next();
    for (const data of ['', 'x'.repeat(125)]) {
      peer.socket.ping(data);
      expect(await frames.next()).toBe(`ping ${Buffer.from(data).toString('hex')}`);
      expect(await peer.heard.next()).toBe(`pong ${Buffer.from(data).toString('hex')}`);
    }
    send(session, [ping('are you there?'), text('hello')]);
    expect(await peer.heard.take(2)).toEqual([`ping ${Buffer.from('are you there?').toString('hex')}`, 'text hello']);
    expect(await frames.next()).toBe(`pong ${Buffer.from('are you there?').toString('hex')}`);
    peer.socket.close();
  });

  it('is given the first of its subprotocols that we speak, or refused (RFC 6455 §4.2.2)', async () => {
    const { server, requests } = await serve(['chat.v1', 'chat.v2']);
    await using _ = server;
    const peer = await connectWs(server.url, ['chat.v3', 'chat.v2', 'chat.v1']);
    expect(peer.socket.protocol).toBe('chat.v2');
    expect((await requests.next()).subprotocol).toBe('chat.v2');
    peer.socket.close();
    const refused = wsPeer(new WebSocket(server.url, ['other'], { rejectUnauthorized: false }));
    const [, response] = await once(refused.socket, 'unexpected-response');
    expect(response.statusCode).toBe(400);
  });

  it('goes away without a word, which ends our session', async () => {
    const { server, exits } = await serve();
    await using _ = server;
    const peer = await connectWs(server.url);
    peer.socket.terminate();
    expect(await exits.next()).toMatchObject({ type: expect.stringMatching(/^(error|transportError)$/) });
  });
});
