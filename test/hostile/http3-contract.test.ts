import { buildHttp3Request, parseWebSocketUrl, validateHttp3Request } from '@genws/protocol';
import { close } from 'genws';
import { describe, expect, it } from 'vitest';
import { type CarriedGuest, type CarrierOptions, carriers } from '../support/carriers.ts';
import { Compressor, Decompressor } from '../support/deflate-stream.ts';
import type { HeaderChanges } from '../support/http2/client.ts';
import { Ledger } from '../support/ledger.ts';
import { fromClient } from '../support/raw-frame.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const broken = { type: 'transportError', cause: expect.any(Error) };
const ended = { type: 'error', error: 'closed' };
const closed = { type: 'remote', code: 1000, reason: '' };
const halfFrame = fromClient({ opcode: 2, payload: Buffer.alloc(1000) }).subarray(0, 500);

// What is promised here stands once, and holds for both: RFC 9220 changes nothing of RFC 8441 but the error codes.
describe.each(carriers)('B20: a WebSocket over $carrier', ({ carry }) => {
  /** Let something be done to one WebSocket beside another, which lives on. */
  async function withGuests(
    options: CarrierOptions,
    scenario: (guest: CarriedGuest, ledger: Ledger) => Promise<void>,
    changes: HeaderChanges = {},
  ): Promise<void> {
    const ledger = new Ledger();
    await using carrier = await carry(ledger, options);
    const { guest: neighbour } = await carrier.open(changes);
    const { guest } = await carrier.open(changes);
    if (neighbour === undefined || guest === undefined) throw new Error('there is no WebSocket');
    await scenario(guest, ledger);
    neighbour.frames.ping('still there?');
    expect(await neighbour.frames.next()).toBe('pong still there?');
    neighbour.frames.close(1000);
    expect(await neighbour.frames.next()).toBe('close 1000');
    neighbour.endStream();
    expect(await neighbour.ending()).toBe('ended');
    expect(await ledger.exits.next()).toEqual(closed);
    expect(ledger.exits.length).toBe(0);
    ledger.expectBalanced();
  }

  it.each<{ what: string; changes: HeaderChanges; status: string }>([
    { what: 'a right request', changes: {}, status: '200' },
    { what: ':protocol in capitals', changes: { ':protocol': 'WEBSOCKET' }, status: '200' },
    { what: 'a key, which is not looked at', changes: { 'sec-websocket-key': 'no key' }, status: '200' },
    { what: 'a Host that says the same as :authority', changes: { host: 'server.example.com' }, status: '200' },
    { what: 'another :protocol', changes: { ':protocol': 'mqtt' }, status: '501' },
    { what: 'another :scheme', changes: { ':scheme': 'ftp' }, status: '400' },
    {
      what: 'a plain CONNECT',
      changes: { ':protocol': undefined, ':scheme': undefined, ':path': undefined },
      status: '405',
    },
    { what: 'another Host than :authority', changes: { host: 'other.example' }, status: '400' },
    { what: 'another version', changes: { 'sec-websocket-version': '8' }, status: '426' },
    { what: 'two versions', changes: { 'sec-websocket-version': ['13', '13'] }, status: '400' },
    { what: 'no subprotocol that is spoken', changes: { 'sec-websocket-protocol': 'mqtt' }, status: '400' },
    { what: 'subprotocols that are no tokens', changes: { 'sec-websocket-protocol': 'chat, a b' }, status: '400' },
  ])('$what is answered $status (RFC 8441 §4, RFC 9220 §3)', async ({ changes, status }) => {
    const ledger = new Ledger();
    await using carrier = await carry(ledger, { subprotocols: ['chat'] });
    const answer = await carrier.open({ 'sec-websocket-protocol': 'chat', ...changes });
    expect(answer.status).toBe(status);
    expect(ledger.count).toBe(status === '200' ? 1 : 0);
    if (answer.guest === undefined) return;
    expect(answer.guest.headers.get('sec-websocket-protocol')).toBe('chat');
    expect(answer.guest.headers.has('sec-websocket-accept')).toBe(false);
    answer.guest.reset();
    expect(await ledger.exits.next()).toEqual(broken);
  });

  it('echoes, and ends by the closing handshake and the end of the stream (RFC 8441 §5)', async () => {
    await withGuests({}, async ({ frames, endStream, ending }, { exits }) => {
      frames.text('Hello');
      expect(await frames.next()).toBe('text Hello');
      frames.close(1000);
      expect(await frames.next()).toBe('close 1000');
      endStream();
      expect(await ending()).toBe('ended');
      expect(await exits.next()).toEqual(closed);
    });
  });

  it('ends in order when the server closes (RFC 8441 §5)', async () => {
    await withGuests({}, async ({ session, frames, endStream, ending }, { exits }) => {
      close(session, 4000, 'enough');
      expect(await frames.next()).toBe('close 4000 enough');
      frames.close(4000);
      endStream();
      expect(await ending()).toBe('ended');
      expect(await exits.next()).toEqual({ type: 'normal' });
    });
  });

  it.each<{ what: string; act: (guest: CarriedGuest) => void; exit: object }>([
    { what: 'the end of the stream', act: (guest) => guest.endStream(), exit: ended },
    { what: 'a reset', act: (guest) => guest.reset(), exit: broken },
    { what: 'the wish to get no more', act: (guest) => guest.stopSending(), exit: broken },
  ])('$what in the middle of a frame is 1006, told once (RFC 8441 §5, RFC 9220 §3)', async ({ act, exit }) => {
    await withGuests({}, async (guest, { exits }) => {
      guest.frames.write(halfFrame);
      act(guest);
      expect(await exits.next()).toEqual(exit);
    });
  });

  it.each<{ what: string; act: (guest: CarriedGuest) => void; exit: object }>([
    { what: 'a message and the end of the stream', act: ({ frames }) => frames.text('last'), exit: ended },
    { what: 'a close frame and the end of the stream', act: ({ frames }) => frames.close(1000), exit: closed },
  ])('$what: both are heard, in this order (RFC 8441 §5)', async ({ act, exit }) => {
    await withGuests({}, async (guest, { exits }) => {
      act(guest);
      guest.endStream();
      expect(await exits.next()).toEqual(exit);
      expect(await guest.ending()).toBe('ended');
    });
  });

  it('a frame that breaks the protocol is answered 1002 (RFC 6455 §5.1)', async () => {
    await withGuests({}, async ({ frames, endStream }, { exits }) => {
      frames.write(Buffer.from('810548656c6c6f', 'hex'));
      expect(await frames.next()).toMatch(/^close 1002/);
      endStream();
      expect(await exits.next()).toMatchObject({ type: 'error', error: 'badFrame' });
    });
  });

  it('a session that is killed resets its stream (RFC 8441 §5, RFC 9220 §3)', async () => {
    await withGuests({}, async ({ session, ending }, { exits }) => {
      session.stop();
      expect(await ending()).toBe('reset');
      expect((await exits.next()).type).toBe('killed');
    });
  });

  it('a client that does not answer the close frame meets a reset (RFC 6455 §7.1.7)', async () => {
    await withGuests({ closeTimeout: 20 }, async ({ session, frames, ending }, { exits }) => {
      close(session, 4000);
      expect(await frames.next()).toBe('close 4000');
      expect(await ending()).toBe('reset');
      expect(await exits.next()).toEqual({ type: 'timeout', timeout: 'close' });
    });
  });

  it('permessage-deflate is agreed on (RFC 7692 §5)', async () => {
    const changes = { 'sec-websocket-extensions': 'permessage-deflate' };
    await withGuests(
      { compress: { threshold: 0 } },
      async ({ headers, frames, reset }, { exits }) => {
        expect(headers.get('sec-websocket-extensions')).toMatch(/^permessage-deflate(;|$)/);
        using compressor = new Compressor();
        using decompressor = new Decompressor();
        frames.send({ opcode: 1, rsv: 4, payload: await compressor.compress('again and again') });
        const { rsv, payload } = await frames.frame();
        expect([rsv, (await decompressor.decompress(payload)).toString()]).toEqual([4, 'again and again']);
        reset();
        expect(await exits.next()).toEqual(broken);
      },
      changes,
    );
  });
});

describe('B20: a client of HTTP/3', () => {
  const parsed = parseWebSocketUrl('wss://server.example.com/chat?room=1');
  if (!parsed.ok) throw new Error('this is a URL');
  const { target } = parsed;

  it('builds a request that a server takes (RFC 9220 §3)', () => {
    const built = buildHttp3Request(target, { peerAllowsConnectProtocol: true, subprotocols: ['chat'] });
    if (!built.ok) throw new Error(built.refusal.code);
    const validated = validateHttp3Request(built.headers, { subprotocols: ['chat'] });
    expect(validated).toMatchObject({
      ok: true,
      connect: { scheme: 'https', authority: 'server.example.com', path: '/chat?room=1', subprotocol: 'chat' },
    });
  });

  it('builds none for a server without SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 9220 §3)', () => {
    const refusal = { code: 'peerDoesNotAllowConnectProtocol' };
    expect(buildHttp3Request(target, { peerAllowsConnectProtocol: false })).toEqual({ ok: false, refusal });
  });
});
