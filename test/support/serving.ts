import type { ListenOptions } from 'genws';
import { expect } from 'vitest';
import { certificate } from './certificate.ts';
import { closeFrame, openWebSocket, textFrame } from './raw-client.ts';

/** With and without TLS, for `describe.each`. */
export const schemes = [
  { scheme: 'ws', secure: false },
  { scheme: 'wss', secure: true },
] as const;

/** What a server listens with under a scheme. */
export const listenWith = async (secure: boolean): Promise<Pick<ListenOptions<never, never, never>, 'tls' | 'host'>> =>
  secure ? { host: '127.0.0.1', tls: await certificate() } : { host: '127.0.0.1' };

/** See that the server still takes a connection, and closes it when asked. The handler need not answer. */
export async function expectServing(server: { readonly port: number }, secure = false): Promise<void> {
  using client = await openWebSocket({ port: server.port, secure });
  await client.write(Buffer.concat([textFrame('still there?'), closeFrame(1000)]));
  let frame = await client.frame();
  while (frame.opcode !== 8) frame = await client.frame();
  expect(frame.payload.readUInt16BE()).toBe(1000);
  expect(await client.closed).toBe('ended');
}
