import { close } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, startInMemory } from '../support/memory-session.ts';

describe('who ends the connection (RFC 6455 §7.1.1)', () => {
  it('a server, as soon as both close frames have been sent', async () => {
    const { handler } = createJournal();
    const one = startInMemory({ role: 'server', handler });
    one.peer.close(1000);
    expect(await one.peer.rest()).toEqual(['close 1000']);
    expect(await one.session.exited()).toMatchObject({ type: 'remote' });
    const two = startInMemory({ role: 'server', handler });
    close(two.session);
    await quiet();
    expect(two.transport.released).toBe(false);
    two.peer.close(1000);
    expect(await two.peer.rest()).toEqual(['close 1000']);
    expect(await two.session.exited()).toEqual({ type: 'normal' });
  });

  it('not a client: it waits for the server to do so', async () => {
    for (const ours of [false, true]) {
      const { session, peer, transport } = startInMemory({ role: 'client', handler: createJournal().handler });
      if (ours) close(session);
      peer.close(1000);
      await quiet();
      expect(transport.released).toBe(false);
      expect(session.state).toBe('closing');
      peer.end();
      expect(await session.exited()).toMatchObject({ type: ours ? 'normal' : 'remote' });
    }
  });

  it('a client after closeTimeout, if the server does not', async () => {
    const { session, peer, transport, clock } = startInMemory({
      role: 'client',
      handler: createJournal().handler,
      closeTimeout: 500,
    });
    peer.close(1000);
    await quiet();
    clock.advance(500);
    expect(transport.aborts).toBe(1);
    expect(await session.exited()).toEqual({ type: 'remote', code: 1000, reason: '' });
  });
});
