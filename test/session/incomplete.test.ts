import { close, createMemoryTransports, startSession, type Transport } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { ObservedTransport, plainRequest, quiet, roles, startInMemory } from '../support/memory-session.ts';

describe.each(roles)('a %s whose closing handshake stays incomplete (RFC 6455 §7.1.4)', (role) => {
  it('does not call it normal when the connection ends without the peer’s close frame', async () => {
    const { handler, exits } = createJournal();
    const { session, peer } = startInMemory({ role, handler });
    close(session);
    await quiet();
    peer.end();
    expect(await session.exited()).toEqual({ type: 'error', error: 'closed' });
    expect(exits).toHaveLength(1);
  });

  it('does not call it normal when the connection breaks', async () => {
    const { handler } = createJournal();
    const { session, transport } = startInMemory({ role, handler });
    const cause = new Error('reset');
    close(session);
    transport.fail(cause);
    expect(await session.exited()).toEqual({ type: 'transportError', cause });
  });

  it('remembers that the peer was silent when it does not answer our close frame either', async () => {
    const { handler } = createJournal();
    const { session, clock } = startInMemory({ role, handler, idleTimeout: 1000, closeTimeout: 500 });
    await quiet();
    clock.advance(1000);
    expect(session.state).toBe('closing');
    clock.advance(500);
    expect(await session.exited()).toEqual({ type: 'timeout', timeout: 'idle' });
  });

  it('remembers why the handler stopped when the peer does not answer', async () => {
    const { handler } = createJournal({ in: () => ['stop', 'enough', 'state'] });
    const { session, peer, clock } = startInMemory({ role, handler, closeTimeout: 500 });
    peer.text('go');
    await quiet();
    clock.advance(500);
    expect(await session.exited()).toEqual({ type: 'stop', reason: 'enough' });
  });
});

/** A transport of somebody else's with a fault in one of its methods. */
function broken(inner: Transport, method: 'activate' | 'send' | 'close' | 'abort', thrown: unknown): Transport {
  const transport = new ObservedTransport(inner);
  transport[method] = () => {
    throw thrown;
  };
  return transport;
}

describe('a session over a transport that throws', () => {
  it.each(['activate', 'send', 'close', 'abort'] as const)('ends, once, when it is %s that throws', async (method) => {
    const { handler, exits } = createJournal();
    const [near, far] = createMemoryTransports();
    const cause = new Error(`no ${method}`);
    const session = startSession({
      role: 'server',
      transport: broken(near, method, cause),
      handler,
      handlerOpts: undefined,
      request: plainRequest,
      closeTimeout: 20,
      logger: () => {},
    });
    session.send({ type: 'activate' });
    if (method !== 'activate') close(session);
    if (method === 'close') far.send([Uint8Array.of(0x88, 0x80, 0, 0, 0, 0)]); // the peer's answer: a bare close frame
    await session.exited();
    expect(exits).toHaveLength(1);
    if (method === 'activate' || method === 'send') expect(exits).toEqual([{ type: 'transportError', cause }]);
  });

  it('keeps what is thrown that is no Error as the cause of one', async () => {
    const { handler, exits } = createJournal();
    const [near] = createMemoryTransports();
    const transport = broken(near, 'activate', 'gone');
    const session = startSession({ role: 'server', transport, handler, handlerOpts: undefined, request: plainRequest });
    session.send({ type: 'activate' });
    await session.exited();
    expect(exits).toMatchObject([{ type: 'transportError', cause: { cause: 'gone' } }]);
  });
});
