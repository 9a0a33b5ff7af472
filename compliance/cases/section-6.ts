import type { Case, Outcome } from '../case.ts';
import { hex, utf8 } from '../payload.ts';
import { echo, failure, fragmented, opcodes, pause, scenario, send, text, textFrame } from './script.ts';
import payloads from './utf8-payloads.json' with { type: 'json' };

const returned = 'The same message.';
const refused = 'The connection fails with 1007.';
const greek = hex('cebae1bdb9cf83cebcceb5');
const octetsOf = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (octet) => Uint8Array.of(octet));

const valid = (id: string, title: string, parts: readonly Uint8Array[]): Case =>
  scenario(id, {
    title,
    expectation: returned,
    steps: [send(fragmented(parts))],
    trace: [echo(text(Buffer.concat(parts)))],
  });

const invalid = (id: string, title: string, parts: readonly Uint8Array[]): Case =>
  scenario(id, { title, expectation: refused, steps: [send(fragmented(parts))], closing: failure(1007) });

/** A surrogate in the midst of a text that is valid before and after. */
const surrogate = Buffer.concat([greek, hex('eda080'), utf8('edited')]);

/** After the second of three parts the text can no longer become valid. */
const tooLarge = [greek, hex('f4908080'), utf8('edited')];
const cutInside = [Buffer.concat([greek, hex('f4')]), hex('90'), Buffer.concat([hex('8080'), utf8('edited')])];

const atOnce = `${refused.slice(0, -1)} after the second part, before the third is sent.`;
const inTimeOrLate: readonly Outcome[] = [
  { behavior: 'OK', trace: [pause] },
  { behavior: 'NON-STRICT', trace: [pause, pause] },
];

function slowFragments(id: string, title: string, parts: readonly Uint8Array[]): Case {
  const steps = fragmented(parts).flatMap((part, at) => (at === 0 ? [send([part])] : [pause, send([part])]));
  return scenario(id, { title, expectation: atOnce, steps, outcomes: inTimeOrLate, closing: failure(1007) });
}

const slowFrame = (id: string, title: string, pieces: readonly Uint8Array[]): Case =>
  scenario(id, {
    title,
    expectation: atOnce,
    steps: [{ type: 'slowFrame', opcode: opcodes.text, pieces }],
    outcomes: inTimeOrLate,
    closing: failure(1007),
  });

const sequences = payloads.map(({ id, valid: isValid, payloadHex }) => {
  const payload = hex(payloadHex);
  const shown = payloadHex.replace(/..(?=.)/g, '$& ');
  return scenario(id, {
    title: `A text message that is ${isValid ? '' : 'no '}valid UTF-8: ${shown}`,
    expectation: isValid ? returned : refused,
    steps: [send([textFrame(payload)])],
    ...(isValid ? { trace: [echo(text(payload))] } : { closing: failure(1007) }),
  });
});

/** Section 6: UTF-8 in text messages (RFC 6455 §8.1). */
export const section6: readonly Case[] = [
  valid('6.1.1', 'A text message without payload.', [utf8('')]),
  valid('6.1.2', 'A text message in three fragments without payload.', [utf8(''), utf8(''), utf8('')]),
  valid('6.1.3', 'A text message in three fragments, only the second with a payload.', [
    utf8(''),
    utf8('middle frame payload'),
    utf8(''),
  ]),
  valid('6.2.1', 'A valid text in one frame.', [utf8('Hello-µ@ßöäüàá-UTF-8!!')]),
  valid('6.2.2', 'A valid text in two fragments, cut between two characters.', [
    utf8('Hello-µ@ßöä'),
    utf8('üàá-UTF-8!!'),
  ]),
  valid('6.2.3', 'A valid text in fragments of one octet.', octetsOf(utf8('Hello-µ@ßöäüàá-UTF-8!!'))),
  valid('6.2.4', 'A Greek word in fragments of one octet.', octetsOf(greek)),
  invalid('6.3.1', 'A text with a surrogate in it, in one frame.', [surrogate]),
  invalid('6.3.2', 'A text with a surrogate in it, in fragments of one octet.', octetsOf(surrogate)),
  slowFragments('6.4.1', 'Three fragments with pauses; the second is a character beyond U+10FFFF.', tooLarge),
  slowFragments('6.4.2', 'Three fragments with pauses, cut inside a character beyond U+10FFFF.', cutInside),
  slowFrame('6.4.3', 'One frame in three writes with pauses; the second is a character beyond U+10FFFF.', tooLarge),
  slowFrame('6.4.4', 'One frame in three writes with pauses, cut inside a character beyond U+10FFFF.', cutInside),
  ...sequences,
];
