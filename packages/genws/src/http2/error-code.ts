/** The error codes of HTTP/2 that are used here (RFC 9113 §7). */
export const ErrorCode = { noError: 0x0, refusedStream: 0x7, cancel: 0x8, enhanceYourCalm: 0xb } as const;

const names = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

/** The name of an error code. */
export const errorCodeName = (code: number): string => names[code] ?? `0x${code.toString(16)}`;
