import { once } from 'node:events';
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { type ClientTlsOptions, connect, listen, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith } from '../support/serving.ts';

const secured = async () => listen({ ...(await listenWith(true)), handler: echo, logger: () => {} });

describe('TLS of a client', () => {
  it('rejects a certificate of an authority that the system does not know, by default', async () => {
    await using server = await secured();
    await expect(connect(server.url, { handler: echo })).rejects.toMatchObject({
      code: 'connectionFailed',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  it('accepts it when told of the authority', async () => {
    await using server = await secured();
    const { handler, frames } = createRecording();
    const session = await connect(server.url, { handler, tls: { ca: (await certificate()).cert } });
    send(session, text('in private'));
    expect(await frames.next()).toBe('text in private');
    session.send({ type: 'stop', reason: 'done' });
  });

  it('rejects a certificate for another name (RFC 9110 §4.3.4)', async () => {
    const tls = { ca: (await certificate()).cert };
    // Every address of 127.0.0.0/8 leads to this machine; the certificate names one of them.
    await using elsewhere = await listen({
      ...(await listenWith(true)),
      host: '127.0.0.2',
      handler: echo,
      logger: () => {},
    });
    await expect(connect(elsewhere.url, { handler: echo, tls })).rejects.toMatchObject({
      code: 'connectionFailed',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });

  it('does not verify when told not to', async () => {
    await using server = await secured();
    const session = await connect(server.url, { handler: echo, tls: { rejectUnauthorized: false } });
    expect(session.state).toBe('open');
    session.send({ type: 'stop', reason: 'done' });
  });

  it('fails with the cause against a server without TLS', async () => {
    await using server = await listen({ ...(await listenWith(false)), handler: echo, logger: () => {} });
    await expect(connect(server.url.replace('ws:', 'wss:'), { handler: echo })).rejects.toMatchObject({
      code: 'connectionFailed',
      cause: expect.objectContaining({ code: expect.stringMatching(/^E/) }),
    });
  });

  /** What a TLS server learns of a client before it hangs up. */
  async function learned(host: string, tls: ClientTlsOptions = {}) {
    const proof = await certificate();
    const server: TlsServer = createServer({ ...proof, ALPNProtocols: ['h2', 'http/1.1'] }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const accepted = once(server, 'secureConnection');
    const failing = connect(`wss://${host}:${port}`, { handler: echo, tls: { ca: proof.cert, ...tls } }).catch(
      (error) => error.code,
    );
    const [socket]: TLSSocket[] = await accepted;
    const about = { servername: socket?.servername, alpn: socket?.alpnProtocol };
    socket?.destroy();
    expect(await failing).toMatch(/^connection(Closed|Failed)$/);
    server.close();
    return about;
  }

  it('names the server by SNI, but not an address (RFC 6066 §3), and speaks HTTP/1.1 (RFC 7301)', async () => {
    expect(await learned('localhost')).toEqual({ servername: 'localhost', alpn: 'http/1.1' });
    expect(await learned('127.0.0.1')).toEqual({ servername: false, alpn: 'http/1.1' });
    expect(await learned('127.0.0.1', { servername: 'localhost' })).toMatchObject({ servername: 'localhost' });
  });
});

describe('TLS of a server', () => {
  it("asks for a client's certificate when told so, and refuses who has none", async () => {
    const proof = await certificate();
    await using server = await listen({
      host: '127.0.0.1',
      tls: { ...proof, ca: proof.cert, requestCert: true },
      handler: echo,
      logger: () => {},
    });
    const anonymous = connect(server.url, { handler: echo, tls: { ca: proof.cert } });
    await expect(anonymous).rejects.toMatchObject({ name: 'ConnectError' });
    const session = await connect(server.url, { handler: echo, tls: { ca: proof.cert, ...proof } });
    expect(session.state).toBe('open');
    session.send({ type: 'stop', reason: 'done' });
  });
});
