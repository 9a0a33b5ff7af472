import type { Extension } from '../header-value.ts';
import { allWindowBits, type DeflateOptions, resolveDeflateOptions, type WindowBits } from './options.ts';

/** The token under which RFC 7692 §7 registers the extension. */
export const deflateExtension = 'permessage-deflate';

/** The parameters of one permessage-deflate element (RFC 7692 §7.1). */
export interface DeflateParams {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits?: WindowBits;
  /** `true` is an offer's bare hint: the client can obey a limit and names none (RFC 7692 §7.1.2.2). */
  readonly clientMaxWindowBits?: WindowBits | true;
}

/** Why an element is not a well-formed permessage-deflate offer or response. */
export type DeflateParamsFailure =
  | 'notDeflate'
  | 'unknownParameter'
  | 'duplicateParameter'
  | 'badServerMaxWindowBits'
  | 'badClientMaxWindowBits'
  | 'unexpectedValue';

/** What {@link parseDeflateParams} found. */
export type DeflateParamsResult =
  | { readonly ok: true; readonly params: DeflateParams }
  | { readonly ok: false; readonly reason: DeflateParamsFailure };

/**
 * Reads the parameters of one permessage-deflate element (RFC 7692 §7.1).
 *
 * Strict: numbers from 8 to 15 without leading zero, each parameter at most once whatever its value, no value after a
 * flag. `client_max_window_bits` may stand bare in an offer only.
 */
export function parseDeflateParams(extension: Extension, kind: 'offer' | 'response'): DeflateParamsResult {
  if (extension.name !== deflateExtension) return { ok: false, reason: 'notDeflate' };
  let serverNoContextTakeover = false;
  let clientNoContextTakeover = false;
  let serverMaxWindowBits: WindowBits | undefined;
  let clientMaxWindowBits: WindowBits | true | undefined;
  const seen = new Set<string>();
  for (const [name, value] of extension.params) {
    if (seen.has(name)) return { ok: false, reason: 'duplicateParameter' };
    seen.add(name);
    switch (name) {
      case 'server_no_context_takeover':
        if (value !== true) return { ok: false, reason: 'unexpectedValue' };
        serverNoContextTakeover = true;
        break;
      case 'client_no_context_takeover':
        if (value !== true) return { ok: false, reason: 'unexpectedValue' };
        clientNoContextTakeover = true;
        break;
      case 'server_max_window_bits':
        serverMaxWindowBits = windowBitsOf(value);
        if (serverMaxWindowBits === undefined) return { ok: false, reason: 'badServerMaxWindowBits' };
        break;
      case 'client_max_window_bits':
        clientMaxWindowBits = value === true && kind === 'offer' ? true : windowBitsOf(value);
        if (clientMaxWindowBits === undefined) return { ok: false, reason: 'badClientMaxWindowBits' };
        break;
      default:
        return { ok: false, reason: 'unknownParameter' };
    }
  }
  return {
    ok: true,
    params: {
      serverNoContextTakeover,
      clientNoContextTakeover,
      ...(serverMaxWindowBits === undefined ? {} : { serverMaxWindowBits }),
      ...(clientMaxWindowBits === undefined ? {} : { clientMaxWindowBits }),
    },
  };
}

function windowBitsOf(value: string | true): WindowBits | undefined {
  return allWindowBits.find((bits) => String(bits) === value);
}

/** Writes one permessage-deflate element, for an offer or for a response. */
export function formatDeflateParams(params: DeflateParams): string {
  const { serverMaxWindowBits, clientMaxWindowBits } = params;
  let header = deflateExtension;
  if (params.serverNoContextTakeover) header += '; server_no_context_takeover';
  if (params.clientNoContextTakeover) header += '; client_no_context_takeover';
  if (serverMaxWindowBits !== undefined) header += `; server_max_window_bits=${serverMaxWindowBits}`;
  if (clientMaxWindowBits === true) header += '; client_max_window_bits';
  else if (clientMaxWindowBits !== undefined) header += `; client_max_window_bits=${clientMaxWindowBits}`;
  return header;
}

/**
 * The client's offer as a Sec-WebSocket-Extensions value (RFC 7692 §7.1).
 *
 * It always lets the server limit the client's window (`client_max_window_bits`, bare when the limit is the default):
 * every window can be obeyed.
 *
 * @throws RangeError for options out of range.
 */
export function deflateOffer(options: DeflateOptions = {}): string {
  const own = resolveDeflateOptions(options);
  return formatDeflateParams({
    serverNoContextTakeover: own.serverNoContextTakeover,
    clientNoContextTakeover: own.clientNoContextTakeover,
    ...(own.serverMaxWindowBits === 15 ? {} : { serverMaxWindowBits: own.serverMaxWindowBits }),
    clientMaxWindowBits: own.clientMaxWindowBits === 15 ? true : own.clientMaxWindowBits,
  });
}
