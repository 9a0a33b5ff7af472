import { constants, inflateRawSync } from 'node:zlib';
import { connect, type DeflateOptions, listen, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { startFakeServer } from '../support/fake-server.ts';
import { deflate, serveAnswer } from '../support/negotiation.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { openWebSocket, textFrame } from '../support/raw-client.ts';
import type { WireFrame } from '../support/raw-connection.ts';
import { echo } from '../support/recording.ts';

const message = JSON.stringify(
  Array.from({ length: 400 }, (_, id) => ({ id, name: `visitor ${id % 7}`, at: id * 31 })),
);

/** Nothing repeats itself in it but at a distance of 1000 bytes. */
const repetitive = Buffer.from(new RandomBytes('far apart').take(500)).toString('hex').repeat(4);

/**
 * What was sent: the tail that RFC 7692 §7.2.1 has the sender take off is put back on (§7.2.2). Output comes in pieces of
 * 64 bytes, so that nothing can be referred to but what the window holds.
 */
function inflated({ payload }: WireFrame, windowBits = 15): string {
  const blocks = Buffer.concat([payload, Buffer.of(0, 0, 0xff, 0xff)]);
  return inflateRawSync(blocks, { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 64, windowBits }).toString();
}

/** The frame with which a server sends a message, given uncompressed, back. */
async function echoed(compress: boolean | DeflateOptions, payload = message): Promise<WireFrame> {
  await using server = await listen({ host: '127.0.0.1', handler: echo, compress });
  const headers = { 'Sec-WebSocket-Extensions': deflate };
  using client = await openWebSocket({ port: server.port }, { headers });
  await client.write(textFrame(payload));
  return await client.frame();
}

describe('a server that has agreed on permessage-deflate', () => {
  it('sends a message compressed, with RSV1, and without the tail of the last block (RFC 7692 §6.1, §7.2.1)', async () => {
    const frame = await echoed(true);
    expect(frame).toMatchObject({ opcode: 1, fin: true, rsv: 4 });
    expect(frame.payload.length).toBeLessThan(message.length / 4);
    expect(frame.payload.subarray(-4)).not.toEqual(Buffer.of(0, 0, 0xff, 0xff));
    expect(inflated(frame)).toBe(message);
  });

  it('sends a message below the threshold as it is', async () => {
    const short = 'short '.repeat(10);
    expect(await echoed(true, short)).toMatchObject({ rsv: 0, payload: Buffer.from(short) });
    expect(await echoed({ threshold: 0 }, short)).toMatchObject({ rsv: 4 });
    expect(await echoed({ threshold: message.length + 1 })).toMatchObject({ rsv: 0 });
  });

  it.each([
    ['level', { level: 1 }, { level: 9 }],
    ['memLevel', { memLevel: 1 }, { memLevel: 9 }],
    ['strategy', { strategy: 'huffmanOnly' }, { strategy: 'default' }],
  ] as const)('makes use of its %s', async (_what, less, more) => {
    const [large, small] = [await echoed(less), await echoed(more)];
    expect([large.rsv, small.rsv]).toEqual([4, 4]);
    expect([inflated(large), inflated(small)]).toEqual([message, message]);
    expect(small.payload.length).toBeLessThan(large.payload.length);
  });

  it('keeps to its window, down to 8 bits (RFC 7692 §7.1.2.1)', async () => {
    const [limited, full] = [await echoed({ serverMaxWindowBits: 8 }, repetitive), await echoed(true, repetitive)];
    expect([inflated(limited, 8), inflated(full)]).toEqual([repetitive, repetitive]);
    expect(() => inflated(full, 8)).toThrow(/too far back/);
    expect(full.payload.length).toBeLessThan(limited.payload.length / 2);
  });
});

describe('a client that has agreed on permessage-deflate', () => {
  /** The frame with which a client sends the message. */
  async function sent(compress: boolean | DeflateOptions, answer = deflate, payload = message): Promise<WireFrame> {
    await using server = await startFakeServer();
    const connecting = connect(server.url, { handler: echo, compress });
    const [{ peer }, session] = await Promise.all([serveAnswer(server, [answer]), connecting]);
    send(session, text(payload));
    const frame = await peer.frame();
    session.send({ type: 'stop', reason: 'done' });
    return frame;
  }

  it('sends a message compressed, with RSV1, and masked (RFC 7692 §6.1, RFC 6455 §5.3)', async () => {
    const frame = await sent(true);
    expect(frame).toMatchObject({ opcode: 1, fin: true, rsv: 4, masked: true });
    expect(inflated(frame)).toBe(message);
  });

  it.each([
    ['level', { level: 1 }, { level: 9 }],
    ['strategy', { strategy: 'huffmanOnly' }, { strategy: 'default' }],
  ] as const)('makes use of its %s', async (_what, less, more) => {
    expect((await sent(more)).payload.length).toBeLessThan((await sent(less)).payload.length);
  });

  it.each([
    ['that the server has set', true, `${deflate}; client_max_window_bits=8`],
    ['that it has offered, confirmed or not', { clientMaxWindowBits: 8 }, deflate],
  ] as const)('keeps to the window %s (RFC 7692 §7.1.2.2)', async (_which, compress, answer) => {
    const limited = await sent(compress, answer, repetitive);
    expect(limited.rsv).toBe(4);
    expect(inflated(limited, 8)).toBe(repetitive);
  });
});
