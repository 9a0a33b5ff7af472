import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Case } from '../../compliance/case.ts';
import { selectCases } from '../../compliance/catalogue.ts';
import { fuzzServer } from '../../compliance/fuzzing-client.ts';
import type { CaseResult } from '../../compliance/run/run-case.ts';
import { encodeFrame } from '../../compliance/wire/frame.ts';
import { FrameReader } from '../../compliance/wire/frame-reader.ts';
import { shakeHandsAsServer } from '../../compliance/wire/handshake.ts';
import { readHead } from '../../compliance/wire/http-head.ts';

const pace = { pause: 50, patience: 400 };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Script = (socket: Socket) => void;
interface Bits {
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly masked?: boolean;
  readonly lengthBits?: 16 | 64;
}

const bytes = (opcode: number, payload: string | Uint8Array, bits: Bits = {}): Buffer => {
  const { fin = true, rsv = 0, masked = false, lengthBits } = bits;
  return encodeFrame({ fin, rsv, opcode, payload: Buffer.from(payload) }, { masked, lengthBits });
};
const close = (code: number): Buffer => bytes(8, Buffer.of(code >> 8, code & 255));

/** Play a case with a server that says what it says, whatever it hears. */
async function play(id: string, script: Script, answerHandshake = true): Promise<CaseResult> {
  const server = createServer((socket) => {
    closers.push(() => socket.destroy());
    socket.on('error', () => {});
    void readHead(socket, 1000).then((request) => {
      if (answerHandshake) shakeHandsAsServer(socket, request, []);
      socket.resume();
      script(socket);
    });
  });
  closers.push(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const [result] = await fuzzServer({
    url: new URL(`ws://127.0.0.1:${port}`),
    cases: selectCases(id),
    pace,
    concurrency: 1,
  });
  if (result === undefined) throw new Error('no result');
  return result;
}

const verdicts = ({ behavior, behaviorClose }: CaseResult): string[] => [behavior, behaviorClose];
const hello = 'Hello, world!';

/** Says something at once, and answers the close frame that comes, and ends TCP. */
const answering =
  (...said: readonly Buffer[]): Script =>
  (socket) => {
    for (const part of said) socket.write(part);
    const frames = new FrameReader({ masked: true, compression: false });
    socket.on('data', (chunk: Buffer) => {
      for (const frame of frames.push(chunk)) if ('opcode' in frame && frame.opcode === 8) socket.end(close(1000));
    });
  };

/** Says something at once and ends TCP. */
const saying =
  (...said: readonly Buffer[]): Script =>
  (socket) =>
    socket.end(Buffer.concat(said));

describe('verdict on behaviour', () => {
  it('is OK for what was expected', async () => {
    expect(verdicts(await play('2.1', answering(bytes(10, ''))))).toEqual(['OK', 'OK']);
  });

  it.each([
    ['nothing', []],
    ['another payload', [bytes(10, 'x')]],
    ['more than that', [bytes(10, ''), bytes(10, '')]],
    ['something before', [bytes(1, 'x'), bytes(10, '')]],
  ])('is FAILED for %s instead', async (_, said) => {
    expect((await play('2.1', answering(...said))).behavior).toBe('FAILED');
  });

  it('is FAILED for a text in return for a binary message', async () => {
    expect((await play('1.2.1', answering(bytes(1, '')))).behavior).toBe('FAILED');
  });

  it('is NON-STRICT where a good message in the same chop as a bad frame is not answered', async () => {
    expect(verdicts(await play('3.2', saying(close(1002))))).toEqual(['NON-STRICT', 'OK']);
    expect(verdicts(await play('3.2', saying(bytes(1, hello), close(1002))))).toEqual(['OK', 'OK']);
  });

  it.each(['6.4.1', '6.4.3'])(
    'is NON-STRICT for a failure after the next chop of %s, FAILED for one too early',
    async (id) => {
      const afterPauses =
        (pauses: number): Script =>
        (socket) => {
          setTimeout(() => socket.end(close(1007)), pace.pause * pauses);
        };
      expect(verdicts(await play(id, afterPauses(1.5)))).toEqual(['OK', 'OK']);
      expect(verdicts(await play(id, afterPauses(2.5)))).toEqual(['NON-STRICT', 'OK']);
      expect(verdicts(await play(id, afterPauses(0)))).toEqual(['FAILED', 'OK']);
    },
  );

  it('is INFORMATIONAL where RFC 6455 leaves it open', async () => {
    expect(verdicts(await play('7.13.1', saying(close(5000))))).toEqual(['INFORMATIONAL', 'INFORMATIONAL']);
    expect(verdicts(await play('7.13.1', saying()))).toEqual(['INFORMATIONAL', 'INFORMATIONAL']);
  });

  it('is UNIMPLEMENTED where permessage-deflate was declined', async () => {
    expect(verdicts(await play('12.1.1', answering()))).toEqual(['UNIMPLEMENTED', 'OK']);
    expect(verdicts(await play('0.3.1', answering()))).toEqual(['UNIMPLEMENTED', 'OK']);
  });

  it('is FAILED without a WebSocket', async () => {
    const refused = await play('1.1.1', (socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'), false);
    expect(refused).toMatchObject({ behavior: 'FAILED', seen: ['the server answered HTTP/1.1 404 Not Found'] });
    const wrongAccept = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n';
    const forged = await play('1.1.1', (socket) => socket.end(`HTTP/1.1 101 Yes\r\n${wrongAccept}`), false);
    expect(forged).toMatchObject({ behavior: 'FAILED', seen: ['Sec-WebSocket-Accept is wrong'] });
    expect((await play('1.1.1', (socket) => socket.end(), false)).behavior).toBe('FAILED');
  });

  it.each([
    ['a masked frame of a server (§5.1)', bytes(10, '', { masked: true })],
    ['the reserved opcode 3 (§5.2)', bytes(3, '')],
    ['RSV=4 with opcode 10 (§5.2)', bytes(10, '', { rsv: 4 })],
    ['RSV=4 with opcode 1 (§5.2)', bytes(1, '', { rsv: 4 })],
    ['a control frame in fragments (§5.5)', bytes(10, '', { fin: false })],
    ['a control frame with more than 125 octets (§5.5)', bytes(10, '*'.repeat(126))],
    ['a length of 1 in 16 bits (§5.2)', bytes(1, 'x', { lengthBits: 16 })],
    ['a continuation of nothing (§5.4)', bytes(0, 'x')],
    ['a new message inside of another (§5.4)', Buffer.concat([bytes(1, 'x', { fin: false }), bytes(1, 'y')])],
    ['a text that is no UTF-8 (§8.1)', bytes(1, Buffer.of(0xff))],
    ['a close frame with one octet (§5.5.1)', bytes(8, 'x')],
    ['a frame after the close frame (§5.5.1)', Buffer.concat([close(1000), bytes(10, '')])],
  ])('is FAILED for %s', async (violation, said) => {
    const { behavior, seen } = await play('2.1', saying(said));
    expect(behavior).toBe('FAILED');
    expect(seen).toContain(violation);
  });
});

describe('verdict on closing', () => {
  /** Answers with this when a close frame comes. */
  const closing =
    (answer: (socket: Socket) => void): Script =>
    (socket) => {
      socket.on('data', () => answer(socket));
    };

  it.each<[string, string, Script]>([
    ['OK', 'the code comes back and TCP ends', closing((socket) => socket.end(close(1000)))],
    ['WRONG CODE', 'another code comes back', closing((socket) => socket.end(close(1011)))],
    ['NON-STRICT', 'no code comes back', closing((socket) => socket.end(bytes(8, '')))],
    ['UNCLEAN', 'TCP ends without a close frame', closing((socket) => socket.end())],
    ['UNCLEAN', 'nothing comes back', closing(() => {})],
    ['FAILED BY CLIENT', 'TCP does not end', closing((socket) => void socket.write(close(1000)))],
    ['FAILED', 'the server closes first', saying(close(1000))],
  ])('is %s where a clean close is due and %s', async (verdict, _, script) => {
    expect((await play('2.7', script)).behaviorClose).toBe(verdict);
  });

  it.each<[string, string, Script]>([
    ['OK', 'it does, with its code', saying(close(1002))],
    ['WRONG CODE', 'it does, with another code', saying(close(1007))],
    ['NON-STRICT', 'it ends TCP without a word', saying()],
    ['FAILED', 'it does nothing', () => {}],
    ['FAILED BY CLIENT', 'it does, but leaves TCP to the client', (socket) => void socket.write(close(1002))],
  ])('is %s where a server must fail the connection and %s', async (verdict, _, script) => {
    expect(verdicts(await play('2.5', script))).toEqual(['OK', verdict]);
  });

  it('takes the end of TCP for a refused close frame, but not an answer to it (RFC 6455 §7.1.7)', async () => {
    expect(
      verdicts(
        await play(
          '7.9.1',
          closing((socket) => socket.end()),
        ),
      ),
    ).toEqual(['OK', 'OK']);
    expect(
      verdicts(
        await play(
          '7.9.1',
          closing((socket) => socket.end(close(1002))),
        ),
      ),
    ).toEqual(['OK', 'OK']);
    expect(
      verdicts(
        await play(
          '7.9.2',
          closing((socket) => socket.end(close(999))),
        ),
      ),
    ).toEqual(['OK', 'WRONG CODE']);
  });

  it('asks for one of the codes that the case names', async () => {
    const named: Case | undefined = selectCases('7.7.10')[0];
    expect(named?.closing.codes).toEqual([1000, 3000]);
    for (const code of [1000, 3000]) {
      expect(
        (
          await play(
            '7.7.10',
            closing((socket) => socket.end(close(code))),
          )
        ).behaviorClose,
      ).toBe('OK');
    }
    expect(
      (
        await play(
          '7.7.10',
          closing((socket) => socket.end(close(3001))),
        )
      ).behaviorClose,
    ).toBe('WRONG CODE');
  });
});
