import fc from 'fast-check';
import { listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { anyCuts, cut } from '../support/arbitrary-frames.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { openRaw, textFrame, upgradeRequest } from '../support/raw-client.ts';
import { fromClient, inPieces } from '../support/raw-frame.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';
import { openSocket } from '../support/socket-peer.ts';
import { serveOver } from '../support/wire-server.ts';
import { wiredSides, wires } from '../support/wires.ts';

describe.each(schemes)('messages behind the handshake over $scheme', ({ secure }) => {
  const serveEcho = async () => listen({ ...(await listenWith(secure)), handler: echo });

  it('delivers frames that came in one packet with the handshake, the last of them cut in two', async () => {
    await using server = await serveEcho();
    using client = await openRaw({ port: server.port, secure });
    const last = textFrame('cut in two');
    await client.write(
      Buffer.concat([Buffer.from(upgradeRequest()), textFrame('one'), textFrame('two'), last.subarray(0, 9)]),
    );
    expect((await client.head()).startLine).toContain(' 101 ');
    expect(await client.text()).toBe('one');
    expect(await client.text()).toBe('two');
    await client.write(last.subarray(9));
    expect(await client.text()).toBe('cut in two');
  });

  it('reads a handshake and frames that arrive byte by byte', async () => {
    await using server = await serveEcho();
    using client = await openRaw({ port: server.port, secure });
    const bytes = Buffer.concat([Buffer.from(upgradeRequest()), textFrame('slowly'), textFrame('but surely')]);
    for (const byte of inPieces(bytes, 1)) {
      await client.write(byte);
      await new Promise(setImmediate); // the server, in this process too, reads what has come
    }
    expect((await client.head()).startLine).toContain(' 101 ');
    expect([await client.text(), await client.text()]).toEqual(['slowly', 'but surely']);
  });
});

describe.each(wires)('messages over $wire', ({ wire }) => {
  const serveEcho = () => serveOver(wire, { handler: echo });

  it('answers 1,000 messages that came in one packet, in order', async () => {
    await using served = await serveEcho();
    using client = await served.open();
    const messages = Array.from({ length: 1000 }, (_, i) => `message ${i}`);
    await client.write(Buffer.concat(messages.map(textFrame)));
    const answers: string[] = [];
    for (const _ of messages) answers.push(await client.text());
    expect(answers).toEqual(messages);
  });

  it.each([0, 1, 125, 126, 65_535, 65_536, 512 * 1024, 16 * 1024 * 1024])(
    'sends a binary message of %i bytes back unchanged (RFC 6455 §5.2)',
    async (size) => {
      await using served = await serveEcho();
      using client = await served.open();
      const payload = new RandomBytes(`echo ${size}`).take(size);
      void client.write(fromClient({ opcode: 2, payload }));
      const { opcode, fin, rsv, masked, payload: answer } = await client.frame();
      expect({ opcode, fin, rsv, masked }).toEqual({ opcode: 2, fin: true, rsv: 0, masked: false });
      expect(answer.equals(payload)).toBe(true);
    },
  );

  it('refuses a frame of 16 MiB and a byte from its header, before the payload (RFC 6455 §10.4)', async () => {
    await using served = await serveOver(wire, { handler: echo, logger: () => {} });
    using client = await served.open();
    await client.write(fromClient({ opcode: 2, announced: BigInt(16 * 1024 * 1024 + 1) }));
    expect(await client.closeCode()).toBe(1009);
    expect(await client.closed).toBe('ended');
  });

  it('answers a ping between the fragments of a message, then the message (RFC 6455 §5.4, §5.5.2)', async () => {
    await using served = await serveEcho();
    using client = await served.open();
    await client.write(fromClient({ opcode: 1, fin: false, payload: 'frag' }));
    await client.write(fromClient({ opcode: 9, payload: 'are you there?' }));
    const pong = await client.frame();
    expect([pong.opcode, pong.payload.toString()]).toEqual([10, 'are you there?']);
    await client.write(fromClient({ opcode: 0, fin: false, payload: 'men' }));
    await client.write(fromClient({ opcode: 0, payload: 'ted' }));
    expect(await client.text()).toBe('fragmented');
  });

  it('answers a ping in a packet with a message before or after it, as they came', async () => {
    await using served = await serveEcho();
    using client = await served.open();
    await client.write(Buffer.concat([textFrame('a'), fromClient({ opcode: 9 }), textFrame('b')]));
    expect([(await client.frame()).opcode, (await client.frame()).opcode, (await client.frame()).opcode]).toEqual([
      1, 10, 1,
    ]);
  });

  it('closes when asked: the code comes back, then the end (RFC 6455 §5.5.1, §7.1.1)', async () => {
    const { handler, exits } = createRecording();
    await using served = await serveOver(wire, { handler });
    for (const code of [1000, 1001, 1012, 3000, 4999]) {
      using client = await served.open();
      const payload = Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from('bye')]);
      await client.write(fromClient({ opcode: 8, payload }));
      expect(await client.closeCode()).toBe(code);
      expect(await client.rest()).toHaveLength(0);
      expect(await client.closed).toBe('ended');
      expect(await exits.next()).toEqual({ type: 'remote', code, reason: 'bye' });
    }
    using client = await served.open();
    await client.write(fromClient({ opcode: 8 }));
    expect(await client.closeCode()).toBeUndefined();
    expect(await client.closed).toBe('ended');
    expect(await exits.next()).toEqual({ type: 'remote' });
  });

  it('serves 20 clients at once, each its own answers', async () => {
    await using served = await serveEcho();
    const talk = async (name: number): Promise<string[]> => {
      using client = await served.open();
      const answers: string[] = [];
      for (let i = 0; i < 50; i++) {
        await client.write(textFrame(`${name}.${i}`));
        answers.push(await client.text());
      }
      return answers;
    };
    const all = await Promise.all(Array.from({ length: 20 }, (_, name) => talk(name)));
    all.forEach((answers, name) => {
      expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => `${name}.${i}`));
    });
    await served.server.sessions.empty();
  });
});

describe.each(wiredSides)('a stream to a $role over $wire', ({ role, wire, network }) => {
  it('may be cut anywhere: messages arrive whole, and in order (RFC 6455 §5.4)', async () => {
    const { handler, frames } = createRecording();
    await using peer = await openSocket({ role, wire, handler });
    const message = fc.record({
      parts: fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 3 }),
      pinged: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), anyCuts, async (messages, cuts) => {
        const stream = messages.flatMap(({ parts, pinged }) => [
          ...parts.map((payload, i) => ({ opcode: i === 0 ? 1 : 0, fin: i === parts.length - 1, payload })),
          ...(pinged ? [{ opcode: 9, payload: 'between' }] : []),
        ]);
        for (const piece of cut(Buffer.concat(stream.map((frame) => peer.encode(frame))), cuts)) {
          await peer.connection.write(piece);
        }
        for (const { parts, pinged } of messages) {
          expect(await frames.next()).toBe(`text ${parts.join('')}`);
          if (pinged) expect([await frames.next(), await peer.hear()]).toEqual(['ping 6265747765656e', 'pong between']);
        }
      }),
      { numRuns: network ? 25 : 100 }, // a system call for each piece takes its time
    );
    expect([frames.length, peer.session.state]).toEqual([0, 'open']);
  });
});
