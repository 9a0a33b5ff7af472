import { CloseCode } from './close-code.ts';

/** One way in which a peer breaks the protocol: the close code it earns, the rule it breaks, and what to tell people. */
export interface ViolationRule {
  readonly closeCode: number;
  readonly rfc: string;
  readonly text: string;
}

const { protocolError, invalidPayload, policyViolation, messageTooBig } = CloseCode;

const rule = (closeCode: number, rfc: string, text: string): ViolationRule => ({ closeCode, rfc, text });

/**
 * Every refusal of what a peer sends after the handshake. The decoder, the close frame, the log line,
 * docs/errors.md and the tests all read this one table.
 */
export const violations = {
  reservedBits: rule(protocolError, 'RFC 6455 §5.2', 'reserved bits without an extension that defines them'),
  reservedOpcode: rule(protocolError, 'RFC 6455 §5.2', 'reserved opcode'),
  nonMinimalLength: rule(protocolError, 'RFC 6455 §5.2', 'payload length not in its shortest form'),
  badLength: rule(protocolError, 'RFC 6455 §5.2', '64-bit payload length with its top bit set'),
  unmaskedFrame: rule(protocolError, 'RFC 6455 §5.1', 'unmasked frame from a client'),
  maskedFrame: rule(protocolError, 'RFC 6455 §5.1', 'masked frame from a server'),
  fragmentedControl: rule(protocolError, 'RFC 6455 §5.5', 'fragmented control frame'),
  controlTooLong: rule(protocolError, 'RFC 6455 §5.5', 'control frame over 125 bytes'),
  unexpectedContinuation: rule(protocolError, 'RFC 6455 §5.4', 'continuation frame without a message to continue'),
  expectedContinuation: rule(protocolError, 'RFC 6455 §5.4', 'new message inside a fragmented message'),
  shortClosePayload: rule(protocolError, 'RFC 6455 §5.5.1', 'close frame with a payload of one byte'),
  badCloseCode: rule(protocolError, 'RFC 6455 §7.4', 'close code that may not be sent'),
  compressedControl: rule(protocolError, 'RFC 7692 §6.1', 'compressed control frame'),
  compressedContinuation: rule(protocolError, 'RFC 7692 §6.1', 'compression bit on a continuation frame'),
  invalidUtf8: rule(invalidPayload, 'RFC 6455 §8.1', 'text that is not UTF-8'),
  badDeflate: rule(invalidPayload, 'RFC 7692 §7.2.2', 'compressed data that does not inflate'),
  frameTooBig: rule(messageTooBig, 'RFC 6455 §10.4', 'frame over the size limit'),
  messageTooBig: rule(messageTooBig, 'RFC 6455 §10.4', 'message over the size limit'),
  inflateRatio: rule(messageTooBig, 'RFC 6455 §10.4', 'message that inflates beyond the allowed ratio'),
  tooManyFragments: rule(policyViolation, 'RFC 6455 §10.4', 'message of too many fragments'),
  messageFlood: rule(policyViolation, 'RFC 6455 §10.4', 'too many messages'),
  controlFlood: rule(policyViolation, 'RFC 6455 §10.4', 'too many control frames'),
} as const satisfies Record<string, ViolationRule>;

/** The name of a rule that a peer broke. */
export type ViolationCode = keyof typeof violations;

/** What a decoder yields instead of a frame when its peer breaks a rule; nothing follows it. */
export interface Violation {
  readonly type: 'violation';
  readonly code: ViolationCode;
  /** The offending value, for people: `0x3`, `70000 > 65536`. */
  readonly detail?: string;
}

/** The violation of one rule, with the offending value if there is one to show. */
export function violation(code: ViolationCode, detail?: string): Violation {
  return detail === undefined ? { type: 'violation', code } : { type: 'violation', code, detail };
}

/** A sentence for people: `reserved opcode 0x3 (RFC 6455 §5.2)`. */
export function describeViolation({ code, detail }: Violation): string {
  const { text, rfc } = violations[code];
  return `${text}${detail === undefined ? '' : ` ${detail}`} (${rfc})`;
}
