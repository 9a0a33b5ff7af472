import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ConnectOptions,
  close,
  connect,
  type Result,
  SocketTransport,
  send,
  shutdownReason,
  stop,
  tell,
  text,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { startFakeServer, switching } from '../support/fake-server.ts';
import { createJournal } from '../support/journal.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { rawFrame } from '../support/raw-frame.ts';
import { plainFrame } from '../support/raw-peer.ts';
import { recordReports } from '../support/recording.ts';
import { schemes } from '../support/serving.ts';

const ok: Result<string> = ['ok', 'state'];
const bye = rawFrame({ opcode: 8, payload: Buffer.from('\x03\xe8bye', 'latin1') });

describe.each(schemes)('a client over $scheme', ({ secure }) => {
  /** A client of ours that sends what messages of actors say, and the server's end of its connection. */
  async function meet(options: Partial<ConnectOptions<never, never, never>> = {}, ...answer: readonly string[]) {
    const server = await startFakeServer({ secure });
    const { handler, ...journal } = createJournal<string>({
      info: (message) => ['reply', message.split(' ').map(text), 'state'],
      in: (frame) => (frame.type === 'text' ? ['reply', [frame, shutdownReason(frame.data)], 'state'] : ok),
    });
    const { logger, reports } = recordReports();
    const clock = new ManualClock();
    const tls = { ca: (await certificate()).cert };
    const connecting = connect(server.url, { logger, clock, tls, ...options, handler });
    const peer = await server.connections.next();
    await peer.write(switching(await peer.head(), ...answer));
    const session = await connecting;
    /** The next frame, which must be masked, in plain form (RFC 6455 §5.3). */
    const next = async (): Promise<string> => {
      const frame = await peer.frame();
      expect(frame.masked).toBe(true);
      return plainFrame(frame);
    };
    return { server, peer, session, clock, reports, next, ...journal };
  }

  it('masks whatever it sends, close frames with a reason included (RFC 6455 §5.3)', async () => {
    const { server, peer, session, next, exits } = await meet();
    await using _ = server;
    tell(session, 'one two');
    send(session, { type: 'ping', data: 'three' });
    close(session, 4000, 'because');
    for (const frame of ['text one', 'text two', 'ping three', 'close 4000 because']) expect(await next()).toBe(frame);
    await peer.write(rawFrame({ opcode: 8, payload: Buffer.of(0x0f, 0xa0) }));
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(exits).toEqual([{ type: 'normal' }]);
  });

  it('sends many frames of one call in order, and nothing after a close frame among them', async () => {
    const { server, peer, session, next } = await meet();
    await using _ = server;
    send(session, [text('1'), text('2'), { type: 'close' }, text('3')]);
    expect([await next(), await next(), await next()]).toEqual(['text 1', 'text 2', 'close']);
    expect(send(session, text('4'))).toBe('closed');
    await peer.write(bye);
    peer.end();
    expect(await peer.rest()).toHaveLength(0);
    await session.exited();
  });

  it('answers the server’s close frame, and leaves the end of the connection to the server (RFC 6455 §7.1.1)', async () => {
    const { server, peer, session, next, lines, exits } = await meet();
    await using _ = server;
    await peer.write(bye);
    expect(await next()).toBe('close 1000');
    expect([session.state, exits]).toEqual(['closing', []]);
    peer.end();
    const exit = { type: 'remote', code: 1000, reason: 'bye' };
    expect(await session.exited()).toEqual(exit);
    expect([lines, exits]).toEqual([['init', 'in close 1000 bye', 'terminate'], [exit]]);
  });

  it('waits for the server’s close frame no longer than closeTimeout', async () => {
    const { server, peer, session, clock, next, exits } = await meet({ closeTimeout: 100 });
    await using _ = server;
    close(session);
    expect(await next()).toBe('close 1000');
    clock.advance(99);
    expect(session.state).toBe('closing');
    clock.advance(1);
    const exit = { type: 'timeout', timeout: 'close' };
    expect(await session.exited()).toEqual(exit);
    expect(exits).toEqual([exit]);
    await peer.closed;
  });

  it('that is stopped says 1001 and does not wait (RFC 6455 §7.4.1)', async () => {
    const { server, peer, session, next, exits } = await meet();
    await using _ = server;
    stop(session, 'owner gone');
    expect(await next()).toBe('close 1001');
    peer.end();
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'owner gone' });
    expect(exits).toHaveLength(1);
  });

  it('answers pings by itself, and shows them to the handler (RFC 6455 §5.5.2)', async () => {
    const { server, peer, session, next, lines } = await meet();
    await using _ = server;
    await peer.write(Buffer.concat([rawFrame({ opcode: 9, payload: 'a' }), rawFrame({ opcode: 9 })]));
    expect([await next(), await next()]).toEqual(['pong a', 'pong']);
    expect(lines).toEqual(['init', 'in ping a', 'in ping']);
    stop(session);
  });

  it('has a heartbeat of its own: pings the server, and ends when nothing comes', async () => {
    const { server, peer, session, clock, next, exits } = await meet({ heartbeat: 1000, idleTimeout: 100_000 });
    await using _ = server;
    for (let i = 0; i < 3; i++) {
      clock.advance(1000);
      expect(await next()).toBe('ping');
      await peer.write(Buffer.concat([rawFrame({ opcode: 10 }), rawFrame({ opcode: 9 })]));
      expect(await next()).toBe('pong'); // what came before has been read
    }
    clock.advance(1000);
    expect(await next()).toBe('ping');
    clock.advance(1000);
    expect(await session.exited()).toEqual({ type: 'timeout', timeout: 'heartbeat' });
    expect(exits).toHaveLength(1);
    expect(await next()).toBe('close 1001 heartbeat timeout');
    await peer.closed;
  });

  it('obeys commands as a server does', async () => {
    const { server, peer, session, next } = await meet();
    await using _ = server;
    await peer.write(rawFrame({ opcode: 1, payload: 'reason' }));
    expect(await next()).toBe('text reason');
    await peer.write(bye);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'reason' });
  });

  it('has the subprotocol that the server chose of its own, or none, and refuses any other (RFC 6455 §4.1)', async () => {
    const subprotocols = ['chat', 'superchat'];
    const chosen = await meet({ subprotocols }, 'Sec-WebSocket-Protocol: superchat');
    await using _ = chosen.server;
    expect(chosen.session.request.subprotocol).toBe('superchat');
    stop(chosen.session);
    const none = await meet({ subprotocols });
    await using __ = none.server;
    expect(none.session.request.subprotocol).toBeUndefined();
    stop(none.session);
    for (const asked of [subprotocols, []]) {
      await using server = await startFakeServer({ secure });
      const { handler, lines } = createJournal();
      const tls = { ca: (await certificate()).cert };
      const refused = expect(connect(server.url, { handler, tls, subprotocols: asked })).rejects.toMatchObject({
        name: 'ConnectError',
      });
      const peer = await server.connections.next();
      await peer.write(switching(await peer.head(), 'Sec-WebSocket-Protocol: other'));
      await refused;
      await peer.closed;
      expect(lines).toEqual([]);
    }
  });
});

describe('a client over a Unix domain socket', () => {
  it('names the host of its URL, and talks like any other', async () => {
    const path = join(tmpdir(), `genws-${process.pid}.sock`);
    const server = createServer();
    server.listen(path);
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const { handler, lines } = createJournal();
    const transport = new SocketTransport(createConnection(path));
    const connecting = connect('ws://localhost/chat', { handler, transport });
    const [socket] = await accepted;
    const peer = new RawConnection(socket);
    const request = await peer.head();
    expect([request.startLine, request.headers.get('host')]).toEqual(['GET /chat HTTP/1.1', 'localhost']);
    await peer.write(Buffer.concat([Buffer.from(switching(request)), rawFrame({ opcode: 1, payload: 'hello' }), bye]));
    const session = await connecting;
    expect(await peer.closeCode()).toBe(1000);
    peer.end();
    expect(await session.exited()).toMatchObject({ type: 'remote', code: 1000 });
    expect(lines).toEqual(['init', 'in text hello', 'in close 1000 bye', 'terminate']);
    server.close();
    await rm(path, { force: true });
  });
});
