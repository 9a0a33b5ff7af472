import { exit, link, listen, monitor, type Report, type Server, startSupervisor, whichChildren } from 'genws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startHttp } from '../support/http-server.ts';
import { closeFrame, openRaw, openWebSocket } from '../support/raw-client.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';

const shutdown = { type: 'shutdown', reason: 'deploy' };

describe.each(schemes)('a server over $scheme as a child of a supervisor', ({ secure }) => {
  async function supervise() {
    const { handler, exits } = createRecording();
    const reports: Report[] = [];
    const logger = (report: Report): void => {
      reports.push(report);
    };
    const servers: Server[] = [];
    const settings = await listenWith(secure);
    let port = 0;
    const start = async (): Promise<Server> => {
      const server = await listen({ ...settings, handler, logger, port });
      port = server.port; // the same from now on
      servers.push(server);
      return server;
    };
    const supervisor = await startSupervisor({ children: [{ id: 'web', start }], logger });
    onTestFinished(() => exit(supervisor, { type: 'killed' }));
    const [web] = servers;
    if (web === undefined) throw new Error('no server');
    return { supervisor, web, servers, where: { port, secure }, exits, reports };
  }

  it('ends in order with it: sessions are told, and have run their terminate', async () => {
    const { supervisor, web, where, exits } = await supervise();
    using client = await openWebSocket(where);
    exit(supervisor, shutdown);
    expect(await client.closeCode()).toBe(1001);
    expect(web.getSnapshot().status).toBe('active');
    await client.write(closeFrame(1001));
    expect(await supervisor.exited()).toEqual(shutdown);
    expect(await web.exited()).toEqual(shutdown);
    expect(await exits.take(exits.length)).toEqual([{ type: 'shutdown', reason: 'stop' }]);
    await expect(openRaw(where)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends at once when it is killed, and so does every session; it is started again, on the same port', async () => {
    const { supervisor, web, servers, where, exits } = await supervise();
    using client = await openWebSocket(where);
    using idle = await openRaw(where);
    exit(web, { type: 'killed' });
    expect([web.getSnapshot().status === 'active' && web.sessions.count, exits.length]).toEqual([0, 1]);
    expect(await web.exited()).toEqual({ type: 'killed' });
    await Promise.all([client.closed, idle.closed]);
    while (whichChildren(supervisor)[0]?.state !== 'running') await new Promise(setImmediate);
    expect(servers).toHaveLength(2);
    using again = await openWebSocket(where);
    again.end();
  });

  it('goes down with crash when its HTTP server fails, is reported, and is started again', async () => {
    const { supervisor, web, where, reports } = await supervise();
    using client = await openWebSocket(where);
    const error = new Error('accept EMFILE');
    web.http.emit('error', error);
    expect(await client.closeCode()).toBe(1001);
    await client.write(closeFrame(1001));
    expect(await web.exited()).toEqual({ type: 'crash', error });
    while (whichChildren(supervisor)[0]?.state !== 'running') await new Promise(setImmediate);
    using again = await openWebSocket(where);
    again.end();
    expect(reports.map(({ event, level }) => `${level} ${event}`).slice(-3)).toEqual([
      'error server.crashed',
      'error supervisor.childCrashed',
      'info supervisor.restarted',
    ]);
  });

  it('is not started when the port cannot be had: startSupervisor rejects with what listen says', async () => {
    const { where } = await supervise();
    const start = async () => listen({ ...(await listenWith(secure)), handler: echo, port: where.port });
    const failing = startSupervisor({ children: [{ id: 'web', start }], logger: () => {} });
    await expect(failing).rejects.toMatchObject({ code: 'failedToStartChild', cause: { code: 'EADDRINUSE' } });
  });

  it('that is stopped by somebody else has ended with shutdown', async () => {
    const { web } = await supervise();
    const downs: unknown[] = [];
    monitor(web, ({ target, reason }) => downs.push([target === web, reason]));
    await web.stop();
    expect(downs).toEqual([[true, { type: 'shutdown', reason: 'stop' }]]);
    await web.stop();
    await web.drain();
  });
});

describe('a server', () => {
  it('ignores a normal end of what it is linked to, and ends with anything else', async () => {
    const server = await listen({ handler: echo, host: '127.0.0.1' });
    const [calm, fragile] = await Promise.all([startSupervisor(), startSupervisor()]);
    link(server, fragile);
    exit(server, { type: 'normal' }, calm);
    expect(server.getSnapshot().status).toBe('active');
    exit(fragile, shutdown);
    expect(await server.exited()).toEqual(shutdown);
  });

  it('that is attached ends without the HTTP server it is attached to', async () => {
    await using attached = await startHttp();
    const { http } = attached;
    const server = await listen({ handler: echo, server: http });
    exit(server, { type: 'killed' });
    expect(await server.exited()).toEqual({ type: 'killed' });
    expect(http.listening).toBe(true);
    expect(http.listenerCount('upgrade')).toBe(0);
  });
});
