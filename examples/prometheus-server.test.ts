import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Example, startServer } from '../test/support/example.ts';
import { openWebSocket } from '../test/support/raw-client.ts';
import { connectWs } from '../test/support/ws-peer.ts';

let server: Example;
let url: URL;

beforeEach(async () => {
  server = startServer('prometheus-server.ts');
  url = await server.url();
});
afterEach(() => server[Symbol.asyncDispose]());

/** The samples of the page, by name and labels. */
async function scrape(): Promise<Record<string, number>> {
  const response = await fetch(`http://127.0.0.1:${url.port}/metrics`);
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.replace(/^.* /, ''))]));
}

describe('prometheus server', () => {
  it('echoes, and serves a page on which the traffic is counted', async () => {
    const stays = await connectWs(url.href);
    const leaves = await connectWs(url.href);
    for (const text of ['one', 'two', 'three']) stays.socket.send(text); // 6 bytes of header and key each
    leaves.socket.send('bye');
    for (let echoes = 0; echoes < 3; echoes++) await stays.heard.next();
    await leaves.heard.next();
    leaves.socket.close(1000);
    await leaves.closed;
    await expect.poll(scrape).toMatchObject({ genws_session_count: 1 });
    expect(await scrape()).toEqual({
      genws_session_count: 1,
      genws_session_started_total: 2,
      genws_session_crashed_total: 0,
      'genws_session_messages_total{network_io_direction="receive"}': 4,
      'genws_session_messages_total{network_io_direction="transmit"}': 5, // with the close frame
      'genws_session_io_total{network_io_direction="receive"}': 4 * 6 + 14 + 8,
      'genws_session_io_total{network_io_direction="transmit"}': 4 * 2 + 14 + 4,
      genws_session_buffered: 0,
      genws_session_mailbox: 0,
    });
  });

  it('counts refused handshakes by their reason', async () => {
    const refused = openWebSocket({ port: Number(url.port) }, { method: 'POST' });
    await expect(refused).rejects.toThrow();
    expect(await scrape()).toMatchObject({ 'genws_handshake_refused_total{error_type="wrongMethod"}': 1 });
  });

  it('has no other pages, and ends on SIGTERM with exit code 0', async () => {
    expect((await fetch(`http://127.0.0.1:${url.port}/`)).status).toBe(404);
    expect(await server.terminate()).toMatchObject({ code: 0 });
  });
});
