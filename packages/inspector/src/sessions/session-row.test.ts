import { defineHandler, send, suspend } from '@genws/session';
import { text } from 'genws';
import { describe, expect, it } from 'vitest';
import { hideAll, quiet, showAll, startPair, startQuiet } from '../session.fixture.ts';
import { looksTheSame, rowOf } from './session-row.ts';

describe('the row of a session', () => {
  it('tells what there is to be told of it', async () => {
    const handler = defineHandler({ name: 'chat', init: () => ['ok', 0], handleIn: () => ['reply', text('yes'), 0] });
    const { session, client } = startPair(handler, {
      path: '/room',
      subprotocol: 'chat.v1',
      peer: { address: '::1', port: 7 },
    });
    send(client, [text('one'), text('two')]);
    await quiet();
    expect(rowOf(session, { server: 'main', groups: ['all'], redact: hideAll })).toEqual({
      id: session.id,
      server: 'main',
      peer: undefined,
      path: '/room',
      state: 'open',
      suspended: false,
      transport: 'memory',
      subprotocol: 'chat.v1',
      compressed: false,
      messagesIn: 2,
      messagesOut: 2,
      bytesIn: 18,
      bytesOut: 10,
      mailbox: 0,
      buffered: 0,
      memory: 0,
      since: expect.any(Number),
      groups: ['all'],
      handler: 'chat',
    });
    await suspend(session);
    expect(rowOf(session, { server: 'main', redact: hideAll })).toMatchObject({ suspended: true, groups: [] });
  });

  it('J14: hides the query of the path by default, where tickets and tokens stand', () => {
    const session = startQuiet({ path: '/room?ticket=secret?' });
    expect(rowOf(session, { server: 'main', redact: hideAll }).path).toBe('/room?…');
    const before = rowOf(session, { server: 'main', redact: showAll });
    expect(before.path).toBe('/room?ticket=secret?');
    const forbidden = (): never => {
      throw new Error('it has been asked already');
    };
    expect(rowOf(session, { server: 'main', redact: forbidden, before }).path).toBe('/room?ticket=secret?');
    expect(rowOf(session, { server: 'main', redact: forbidden }).path).toBe('/room?…');
  });

  it('J13: cuts the path', () => {
    const { path } = rowOf(startQuiet({ path: `/${'x'.repeat(5000)}` }), { server: 'main', redact: showAll });
    expect(path).toBe(`/${'x'.repeat(199)}…`);
  });

  it('looks the same as long as nothing of it changes that the table shows', async () => {
    const session = startQuiet();
    const before = rowOf(session, { server: 'main', redact: hideAll });
    expect(looksTheSame(before, { ...rowOf(session, { server: 'main', redact: hideAll }), since: 7 })).toBe(true);
    const changes = {
      state: 'closing',
      suspended: true,
      messagesIn: 1,
      messagesOut: 1,
      bytesIn: 1,
      bytesOut: 1,
      mailbox: 1,
      buffered: 1,
      memory: 1,
      groups: ['one'],
      handler: 'other',
    } as const;
    for (const change of Object.entries(changes)) {
      expect(looksTheSame(before, { ...before, ...Object.fromEntries([change]) }), change[0]).toBe(false);
    }
  });
});
