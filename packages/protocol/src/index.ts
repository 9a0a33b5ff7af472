// Frames: what is sent and received.

export { CloseCode, type CloseReasonName, reasonName, validOnWire } from './close-code.ts';
export {
  acceptDeflateResponse,
  type DeflateAgreement,
  type DeflateDirection,
  type DeflateResponseFailure,
  type DeflateResponseResult,
  directionOf,
  type NegotiatedDeflate,
  negotiateDeflate,
} from './deflate/negotiation.ts';
export {
  type DeflateParams,
  type DeflateParamsResult,
  deflateExtension,
  deflateOffer,
  parseDeflateParams,
} from './deflate/offer.ts';
// permessage-deflate.
export {
  type DeflateOptions,
  type DeflateStrategy,
  type DeflateTuning,
  deflateDefaults,
  resolveDeflateOptions,
  resolveDeflateTuning,
  type WindowBits,
} from './deflate/options.ts';
export { type Inflated, type InflateLimits, PerMessageDeflate } from './deflate/per-message-deflate.ts';
export {
  Deflater,
  type InflateResult,
  Inflater,
} from './deflate/transform.ts';
export {
  asBuffer,
  type BinaryFrame,
  binary,
  type CloseFrame,
  type CompressedFrame,
  type Frame,
  type PingFrame,
  type PongFrame,
  ping,
  pong,
  type TextFrame,
  text,
} from './frame.ts';
// Bytes to frames and back.
export { type Decoded, FrameDecoder, type FrameDecoderOptions } from './frame-decoder.ts';
export {
  describeIllegalFrame,
  type Encodable,
  encodeFrame,
  FrameEncoder,
  PreparedFrame,
  prepare,
  recycle,
} from './frame-encoder.ts';
export type { Role } from './frame-header.ts';
// The same over HTTP/2 and HTTP/3.
export * from './handshake/extended-connect.ts';
// The opening handshake over HTTP/1.1, both sides.
export { type HeaderInput, HeaderMap, type HeaderPair } from './handshake/header-map.ts';
export { type BuiltRequest, buildRequest, type RequestOptions, validateResponse } from './handshake/http1-client.ts';
export {
  encodeRefusal,
  encodeResponse,
  responseHeaders,
  type Upgrade,
  type UpgradeRequest,
  validateRequest,
} from './handshake/http1-server.ts';
export {
  buildHttp3Request,
  http3ResponseHeaders,
  validateHttp3Request,
  validateHttp3Response,
} from './handshake/http3.ts';
export { acceptKey, generateKey, isValidKey } from './handshake/key.ts';
export {
  type AnswerOptions,
  assertAddable,
  type Negotiation,
  type RequestRequirements,
} from './handshake/negotiation.ts';
export { type AcceptedOffer, checkCompression, type Offer, type OfferOptions } from './handshake/offer.ts';
export { encodeAnswer, type PlainAnswer, plainText, refusalAnswer } from './handshake/plain-answer.ts';
export {
  describeRefusal,
  type OfferRefusal,
  type Refusal,
  type RefusalRow,
  type RefusalStatus,
  type Refused,
  type RequestRefusal,
  type ResponseRefusal,
  refusalHeaders,
  refusalStatus,
  refusals,
  refuse,
  type UrlRefusal,
} from './handshake/refusal.ts';
export { type ParsedResponse, type ResponseOutcome, ResponseParser } from './handshake/response-parser.ts';
export { selectSubprotocol } from './handshake/subprotocol.ts';
export { parseWebSocketUrl, type WebSocketTarget } from './handshake/url.ts';
export { type Extension, isHeaderValue, isToken, parseExtensions, parseTokenList } from './header-value.ts';
export { mask } from './mask.ts';
export { maskingKey } from './masking-key.ts';
export type { MessageLimits } from './message-assembler.ts';
export { Opcode } from './opcode.ts';
export {
  type ReceivedBinary,
  type ReceivedFrame,
  ReceivedMessage,
  type ReceivedText,
  received,
} from './received-message.ts';
export { isValidUtf8, truncateUtf8, Utf8Validator } from './utf8.ts';
export {
  describeViolation,
  type Violation,
  type ViolationCode,
  type ViolationRule,
  violation,
  violations,
} from './violation.ts';
