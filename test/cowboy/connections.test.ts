import { describe, expect, it } from 'vitest';
import { openWebSocket, textFrame } from '../support/raw-client.ts';
import type { RawConnection } from '../support/raw-connection.ts';
import { echo } from '../support/recording.ts';
import { serve } from '../support/served.ts';

describe.each([
  { scheme: 'ws', secure: false, count: 3000 },
  { scheme: 'wss', secure: true, count: 300 },
])('$count connections over $scheme', ({ secure, count }) => {
  it('are open at once, each has its own words back, and none is left', async () => {
    await using served = await serve({ secure, handler: echo });
    const clients: RawConnection[] = [];
    while (clients.length < count) {
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => openWebSocket(served.where)))));
    }
    expect(served.server.sessions.count).toBe(count);
    for (const [i, client] of clients.entries()) client.socket.write(textFrame(`client ${i}`));
    expect(await Promise.all(clients.map((client) => client.text()))).toEqual(clients.map((_, i) => `client ${i}`));
    for (const client of clients) client.hangUp();
    await served.server.sessions.empty();
    expect(served.reports).toEqual([]);
  });
});
