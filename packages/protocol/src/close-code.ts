/**
 * Status codes of the close frame (RFC 6455 §7.4.1) and those registered since with IANA (1012–1014).
 * 1005, 1006 and 1015 are names for what was seen, never sent.
 */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  noStatus: 1005,
  abnormal: 1006,
  invalidPayload: 1007,
  policyViolation: 1008,
  messageTooBig: 1009,
  extensionRequired: 1010,
  internalError: 1011,
  serviceRestart: 1012,
  tryAgainLater: 1013,
  badGateway: 1014,
  tlsHandshake: 1015,
} as const;

/** The name of a registered close code. */
export type CloseReasonName = keyof typeof CloseCode;

const names = new Map<number, CloseReasonName>();
for (const name of Object.keys(CloseCode)) if (isName(name)) names.set(CloseCode[name], name);

function isName(name: string): name is CloseReasonName {
  return Object.hasOwn(CloseCode, name);
}

/**
 * Whether a code may stand in a close frame: 1000–1003, 1007–1014 and 3000–4999 (RFC 6455 §7.4.2).
 * 1004, 1005, 1006 and 1015 are reserved; 1016–2999 belong to future versions of the protocol.
 */
export function validOnWire(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

/** The name of a registered close code, `undefined` for every other number (RFC 6455 §7.4.1). */
export const reasonName = (code: number): CloseReasonName | undefined => names.get(code);
