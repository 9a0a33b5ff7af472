import { acceptUpgrade, listen, type Result, tell, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { startHttp } from '../support/http-server.ts';
import { createJournal } from '../support/journal.ts';
import { openRaw, sampleAccept, sampleKey, upgradeRequest } from '../support/raw-client.ts';
import { fromClient, inPieces } from '../support/raw-frame.ts';
import { echo } from '../support/recording.ts';
import { serve } from '../support/served.ts';
import { listenWith, schemes } from '../support/serving.ts';

const ok: Result<string> = ['ok', 'state'];

describe.each(schemes)('a conversation over $scheme', ({ secure }) => {
  it('from the handshake to the close frame: messages, messages of actors, pings (RFC 6455 §1.2)', async () => {
    const { handler } = createJournal<string>({
      in: (frame) => (frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, 'state'] : ok),
      info: (message) => ['reply', text(message), 'state'],
    });
    await using served = await serve({ secure, handler });
    using connection = await openRaw(served.where);
    await connection.write(upgradeRequest({ headers: { 'Sec-WebSocket-Key': sampleKey } }));
    const { startLine, headers } = await connection.head();
    expect(startLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(headers.get('connection')).toBe('Upgrade');
    expect(headers.get('upgrade')).toBe('websocket');
    expect(headers.get('sec-websocket-accept')).toBe(sampleAccept);
    const heard: [number, string][] = [];
    const listenOn = async (): Promise<void> => {
      const { opcode, payload } = await connection.frame();
      heard.push([opcode, payload.toString()]);
    };
    for (const [opcode, payload] of [
      [1, 'text'],
      [2, ''],
      [2, 'bytes'],
    ] as const) {
      await connection.write(fromClient({ opcode, payload }));
      await listenOn();
    }
    const [session] = served.server.sessions.children();
    if (session === undefined) throw new Error('there is no session');
    for (const message of ['1', '2', '3', '4']) {
      tell(session, message);
      await listenOn();
    }
    await connection.write(fromClient({ opcode: 9 }));
    await listenOn();
    await connection.write(fromClient({ opcode: 8 }));
    await listenOn();
    expect(heard).toEqual([
      [1, 'text'],
      [2, ''],
      [2, 'bytes'],
      ...['1', '2', '3', '4'].map((message) => [1, message]),
      [10, ''],
      [8, ''],
    ]);
    expect(await connection.closed).toBe('ended');
  });

  it('may begin with a ping of init, whose pong reaches the handler', async () => {
    const { handler } = createJournal({
      init: () => ['reply', { type: 'ping', data: 'hello' }, 'state'],
      in: (frame) =>
        frame.type === 'pong' && Buffer.from(frame.data).toString() === 'hello' ? ['reply', text('OK!!'), 'state'] : ok,
    });
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    expect(await visitor.next()).toBe('ping hello');
    await visitor.send({ opcode: 10, payload: 'hello' });
    expect(await visitor.next()).toBe('text OK!!');
  });

  it('takes text in fragments, sent apart or together (RFC 6455 §5.4)', async () => {
    await using served = await serve({ secure, handler: echo });
    using visitor = await served.visit();
    await visitor.send({ opcode: 1, fin: false, payload: 'Hello, ' });
    await visitor.send({ opcode: 0, payload: 'World' });
    expect(await visitor.next()).toBe('text Hello, World');
    await visitor.send(
      { opcode: 1, fin: false, payload: 'Hello' },
      { opcode: 0, fin: false, payload: ', ' },
      { opcode: 0, payload: 'World' },
    );
    expect(await visitor.next()).toBe('text Hello, World');
  });

  it('takes a fragmented text byte by byte, with a ping among its bytes', async () => {
    await using served = await serve({ secure, handler: echo });
    using visitor = await served.visit();
    const bytes = Buffer.concat([
      fromClient({ opcode: 1, fin: false, payload: 'ει' }),
      fromClient({ opcode: 9, payload: '?' }),
      fromClient({ opcode: 0, payload: 'πε' }),
    ]);
    for (const byte of inPieces(bytes, 1)) {
      await visitor.connection.write(byte);
      await new Promise(setImmediate);
    }
    expect(await visitor.take(2)).toEqual(['pong ?', 'text ειπε']);
  });

  it('agrees on the first subprotocol of the client that the server speaks, and init is told', async () => {
    const subprotocols: (string | undefined)[] = [];
    await using server = await listen({
      ...(await listenWith(secure)),
      subprotocols: ['bar', 'foo'],
      handler: {
        init(request) {
          subprotocols.push(request.subprotocol);
          return ok;
        },
        handleIn: () => ok,
      },
    });
    using connection = await openRaw({ port: server.port, secure });
    await connection.write(upgradeRequest({ headers: { 'Sec-WebSocket-Protocol': 'foo, bar' } }));
    expect((await connection.head()).headers.get('sec-websocket-protocol')).toBe('foo');
    expect(subprotocols).toEqual(['foo']);
  });

  it('is over before it has begun when init stops: what came with the handshake is not dispatched', async () => {
    const { handler, lines } = createJournal({ init: () => ['stop', 'not today', 'state'] });
    await using served = await serve({ secure, handler });
    using visitor = await served.visitWith([{ opcode: 1, payload: 'early' }]);
    expect(await visitor.next()).toBe('close 1000');
    await visitor.leave();
    expect(await visitor.session.exited()).toEqual({ type: 'stop', reason: 'not today' });
    expect(lines).toEqual(['init', 'terminate']);
  });

  it('does not begin when the application answers with HTTP instead: no init, no terminate (RFC 6455 §4.2.2)', async () => {
    const { handler, lines } = createJournal();
    await using own = await startHttp(secure);
    own.http.on('upgrade', (request, socket, head) => {
      if (request.headers.cookie === 'session=1') acceptUpgrade(request, socket, head, { handler });
      else socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\nConnection: close\r\n\r\nno good');
    });
    using stranger = await openRaw({ port: own.port, secure });
    await stranger.write(upgradeRequest());
    expect((await stranger.head()).startLine).toBe('HTTP/1.1 403 Forbidden');
    expect((await stranger.rest()).toString()).toBe('no good');
    expect(lines).toEqual([]);
    using friend = await openRaw({ port: own.port, secure });
    await friend.write(upgradeRequest({ headers: { Cookie: 'session=1' } }));
    expect((await friend.head()).startLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(lines).toEqual(['init']);
  });

  it('is of version 13 alone: 7, 8 and drafts without a version are told so (RFC 6455 §4.4)', async () => {
    await using served = await serve({ secure, handler: echo });
    for (const version of ['7', '8', undefined]) {
      using connection = await openRaw(served.where);
      await connection.write(upgradeRequest({ headers: { 'Sec-WebSocket-Version': version } }));
      const { startLine, headers } = await connection.head();
      expect(startLine).toBe('HTTP/1.1 426 Upgrade Required');
      expect(headers.get('sec-websocket-version')).toBe('13');
    }
  });
});

describe.each(schemes)('close frames and text over $scheme', ({ secure }) => {
  /** A character of two bytes, cut. */
  const half = { opcode: 1, fin: false, payload: Buffer.of(0xc3) };

  it.each([
    { what: 'a bare close frame', frame: { opcode: 8 }, answer: 'close', exit: { type: 'remote' } },
    {
      what: 'a close frame with a code',
      frame: { opcode: 8, payload: Buffer.of(0x03, 0xe8) },
      answer: 'close 1000',
      exit: { type: 'remote', code: 1000, reason: '' },
    },
    {
      what: 'a close frame with code and reason',
      frame: { opcode: 8, payload: Buffer.from('\x03\xe8bye', 'latin1') },
      answer: 'close 1000',
      exit: { type: 'remote', code: 1000, reason: 'bye' },
    },
    {
      what: 'a close frame whose reason is not UTF-8',
      frame: { opcode: 8, payload: Buffer.of(0x03, 0xe8, 0xa9) },
      answer: 'close 1007 text that is not UTF-8',
      exit: expect.objectContaining({ type: 'error', error: 'badEncoding' }),
    },
  ])('$what after text that is cut inside a character is judged by itself (RFC 6455 §8.1)', async (one) => {
    const { handler, exits } = createJournal();
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    await visitor.send(half, one.frame);
    expect(await visitor.next()).toBe(one.answer);
    expect(await visitor.connection.rest()).toHaveLength(0);
    visitor.connection.end();
    expect(await visitor.session.exited()).toEqual(one.exit);
    expect(exits).toEqual([one.exit]);
  });

  it('a ping inside a message that is cut inside a character leaves both as they are (RFC 6455 §5.4)', async () => {
    await using served = await serve({ secure, handler: echo });
    using visitor = await served.visit();
    await visitor.send(half, { opcode: 9, payload: Buffer.of(0xff) }, { opcode: 0, payload: Buffer.of(0xa9) });
    expect((await visitor.connection.frame()).payload).toEqual(Buffer.of(0xff));
    expect(await visitor.next()).toBe('text é');
  });

  it.each([
    { what: 'the code 1005', close: { type: 'close', code: 1005, reason: '' } as const, sent: 'close 1002' },
    {
      what: 'a reason of 200 bytes',
      close: { type: 'close', code: 4000, reason: 'é'.repeat(100) } as const,
      sent: `close 4000 ${'é'.repeat(61)}`,
    },
  ])('of a handler never bring $what onto the wire (RFC 6455 §5.5, §7.4.1)', async ({ close, sent }) => {
    const { handler } = createJournal({ in: () => ['reply', close, 'state'] });
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    await visitor.say('go');
    expect(await visitor.next()).toBe(sent);
    await visitor.leave();
  });

  it('of a handler are UTF-8 whatever string they are: half a surrogate pair becomes U+FFFD (RFC 6455 §5.6)', async () => {
    const { handler } = createJournal({ in: () => ['reply', [text('a\ud800b'), text('\udc00')], 'state'] });
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    await visitor.say('go');
    expect(await visitor.take(2)).toEqual(['text a\ufffdb', 'text \ufffd']);
  });

  it.each([1012, 1013, 1014])('of a peer may name %i, registered since (RFC 6455 §11.7)', async (code) => {
    const { handler, exits } = createJournal();
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    await visitor.close(code, 'later');
    expect(await visitor.next()).toBe(`close ${code}`);
    expect(await visitor.session.exited()).toEqual({ type: 'remote', code, reason: 'later' });
    expect(exits).toHaveLength(1);
  });
});
