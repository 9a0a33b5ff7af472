import type { Case, FrameSpec } from '../case.ts';
import { utf8 } from '../payload.ts';
import { continuation, failure, ping, scenario, send, textFrame } from './script.ts';

const wrong = { masking: 'wrong' } as const;

const refused = (id: string, title: string, frames: readonly FrameSpec[], details: Partial<Case> = {}): Case =>
  scenario(id, {
    title,
    expectation: 'The connection fails with 1002.',
    steps: [send(frames)],
    closing: failure(1002),
    ...details,
  });

const compressed = { deflate: [{}] };

/** Section 0: what the reference suite does not ask, although RFC 6455 and RFC 7692 are plain about it. */
export const section0: readonly Case[] = [
  refused('0.1.1', 'A text frame, unmasked of a client, masked of a server (§5.1).', [textFrame('Hello', wrong)]),
  refused('0.1.2', 'A ping, unmasked of a client, masked of a server (§5.1).', [{ ...ping('Hello'), ...wrong }]),
  refused('0.1.3', 'Two fragments, the second one masked or unmasked against the rule (§5.1).', [
    textFrame('fragment1', { fin: false }),
    { ...continuation('fragment2', true), ...wrong },
  ]),
  refused('0.2.1', 'A length of 5 in 16 bits (§5.2).', [textFrame('Hello', { lengthBits: 16 })]),
  refused('0.2.2', 'A length of 5 in 64 bits (§5.2).', [textFrame('Hello', { lengthBits: 64 })]),
  refused('0.2.3', 'A length of 200 in 64 bits (§5.2).', [textFrame(utf8('*'.repeat(200)), { lengthBits: 64 })]),
  refused(
    '0.3.1',
    'RSV1 on a continuation, with permessage-deflate (RFC 7692 §6).',
    [textFrame('fragment1', { fin: false }), { ...continuation('fragment2', true), rsv: 4 }],
    compressed,
  ),
  refused(
    '0.3.2',
    'RSV1 on a ping, with permessage-deflate (RFC 7692 §6).',
    [{ ...ping('Hello'), rsv: 4 }],
    compressed,
  ),
  refused('0.3.3', 'RSV2 on a text, with permessage-deflate (§5.2).', [textFrame('Hello', { rsv: 2 })], compressed),
  refused(
    '0.3.4',
    'Compressed data that is none (RFC 7692 §7.2.2).',
    [textFrame(Uint8Array.of(0xff, 0xff, 0xff, 0xff), { rsv: 4 })],
    {
      ...compressed,
      expectation: 'The connection fails with 1007 or 1002.',
      closing: { by: 'peer', codes: [1007, 1002] },
    },
  ),
];
