import { describe, expect, it } from 'vitest';
import { setting, settingsFrame } from '../support/http2/frame.ts';
import { expectEcho, http2Schemes, leave, withBystander } from '../support/http2/served.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const enable = setting.enableConnectProtocol;

describe.each(http2Schemes)('SETTINGS_ENABLE_CONNECT_PROTOCOL over $scheme', ({ secure }) => {
  it('is 1 in the first SETTINGS of the server (RFC 8441 §3)', async () => {
    await withBystander({ secure }, async ({ connect }) => {
      const { settingsFrames } = await connect();
      expect(settingsFrames[0]).toContainEqual([enable, 1]);
    });
  });

  it.each([
    { title: 'of 1', values: [1] },
    { title: 'of 0', values: [0] },
    { title: 'that goes back from 1 to 0', values: [1, 0] },
  ])("CW-T-92: a client's value $title has no effect on the server (RFC 8441 §3)", async ({ values }) => {
    await withBystander({ secure }, async ({ connect, enter }) => {
      const connection = await connect();
      for (const value of values) connection.send(settingsFrame([[enable, value]]));
      const guest = await enter(connection);
      await expectEcho(guest);
      await leave(guest);
    });
  });

  it('any other value is an error of the connection (RFC 8441 §3)', async () => {
    await withBystander({ secure }, async ({ connect }) => {
      const connection = await connect();
      connection.send(settingsFrame([[enable, 2]]));
      expect(await connection.closed).toBe('protocolError');
    });
  });

  it('never goes back to 0, whatever happens on the connection, up to its end (RFC 8441 §3)', async () => {
    const seen: [id: number, value: number][][] = [];
    await withBystander({ secure }, async ({ connect, enter }) => {
      const connection = await connect();
      const guest = await enter(connection);
      await expectEcho(guest);
      connection.goAway();
      await leave(guest);
      await connection.closed;
      seen.push(connection.settingsFrames.flat());
    });
    expect(seen.flat().filter(([id]) => id === enable)).toEqual([[enable, 1]]);
  });
});
