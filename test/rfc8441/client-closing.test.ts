import { setTimeout } from 'node:timers/promises';
import { close } from 'genws';
import { describe, expect, it } from 'vitest';
import { errorCode, setting } from '../support/http2/frame.ts';
import { withGranted, withRequest } from '../support/http2/requesting.ts';
import { http2Schemes } from '../support/http2/served.ts';
import { enabled } from '../support/http2/server.ts';
import { rawFrame } from '../support/raw-frame.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const broken = { type: 'transportError', cause: expect.any(Error) };
const ended = { type: 'error', error: 'closed' };

describe.each(http2Schemes)("the end of a client's WebSocket over $scheme", ({ secure }) => {
  it("a server's close frame with END_STREAM is answered, and the stream ends in order (RFC 8441 §5)", async () => {
    await withGranted({ secure }, async ({ stream, frames, ledger }) => {
      stream.data(rawFrame({ opcode: 8, payload: Buffer.of(0x03, 0xe8) }), { endStream: true });
      expect(await frames.next()).toBe('close 1000');
      expect(await stream.ending).toBe('ended');
      expect(await ledger.exits.next()).toEqual({ type: 'remote', code: 1000, reason: '' });
    });
  });

  it("our close frame, answered by the server's with END_STREAM, ends the stream in order (RFC 8441 §5)", async () => {
    await withGranted({ secure }, async ({ session, stream, frames, ledger }) => {
      close(session, 4000, 'enough');
      expect(await frames.next()).toBe('close 4000 enough');
      stream.data(rawFrame({ opcode: 8, payload: Buffer.of(0x0f, 0xa0) }), { endStream: true });
      expect(await stream.ending).toBe('ended');
      expect(await ledger.exits.next()).toEqual({ type: 'normal' });
    });
  });

  it.each([
    { what: 'a message', bytes: rawFrame({ opcode: 1, payload: 'last' }), handled: ['text last'] },
    { what: 'half a frame', bytes: rawFrame({ opcode: 1, payload: 'last' }).subarray(0, 3), handled: [] },
    { what: 'nothing', bytes: Buffer.alloc(0), handled: [] },
  ])(
    'END_STREAM of the server with $what is an end without a close frame: 1006 (RFC 8441 §5)',
    async ({ bytes, handled }) => {
      await withGranted({ secure }, async ({ stream, ledger }) => {
        stream.data(bytes, { endStream: true });
        expect(await ledger.exits.next()).toEqual(ended);
        expect(await ledger.frames.take(handled.length)).toEqual(handled);
        expect(await stream.ending).toBe('ended');
      });
    },
  );

  it('END_STREAM with the very answer opens a WebSocket that has ended, or none (RFC 8441 §5)', async () => {
    await withRequest({ secure }, async ({ stream, connecting, ledger }) => {
      stream.respond([[':status', '200']], { endStream: true });
      const session = await connecting.catch(() => undefined);
      if (session !== undefined) expect(await ledger.exits.next()).toEqual(ended);
    });
  });

  it.each(['cancel', 'noError', 'internalError'] as const)(
    'RST_STREAM with %s of the server breaks the WebSocket (RFC 8441 §5)',
    async (code) => {
      await withGranted({ secure }, async ({ stream, ledger }) => {
        stream.data(rawFrame({ opcode: 1, payload: 'never whole' }).subarray(0, 5));
        stream.reset(errorCode[code]);
        expect(await ledger.exits.next()).toEqual(broken);
      });
    },
  );

  it('a server that closes the connection breaks the WebSocket; GOAWAY alone does not (RFC 9113 §6.8)', async () => {
    await withGranted({ secure }, async ({ connection, stream, frames, ledger }) => {
      connection.goAway(errorCode.noError, stream.id);
      frames.text('still there?');
      expect(await frames.next()).toBe('text still there?');
      connection.end();
      expect(await ledger.exits.next()).toEqual(broken);
    });
  });

  it('an end without the closing handshake is RST_STREAM with CANCEL, and not END_STREAM (RFC 8441 §5)', async () => {
    await withGranted({ secure }, async ({ session, stream, ledger }) => {
      session.stop();
      expect(await stream.ending).toBe('reset cancel');
      expect((await ledger.exits.next()).type).toBe('killed');
    });
  });

  it('a server may send no more than the window when the session is congested (RFC 9113 §5.2.1)', async () => {
    const limits = { highWater: 65_536, maxBuffered: 2 ** 24 };
    const fake = { settings: [...enabled, [setting.initialWindowSize, 0]] } as const;
    await withGranted({ secure, limits, fake }, async ({ connection, stream, frames, ledger }) => {
      const message = rawFrame({ opcode: 2, payload: Buffer.alloc(16_384) });
      const pouring = stream.pour(Buffer.concat(Array.from({ length: 100 }, () => message)));
      await setTimeout(100); // for all that it would take
      await connection.ping();
      expect(stream.sendWindow).toBe(0);
      expect(ledger.frames.length).toBeLessThan(50);
      connection.allow(stream.id, 2 ** 25);
      await pouring;
      for (let index = 0; index < 100; index++) expect((await frames.frame()).payload).toHaveLength(16_384);
      stream.reset();
    });
  });
});
