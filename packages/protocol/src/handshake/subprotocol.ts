import { parseTokenList } from '../header-value.ts';

/**
 * The subprotocol to speak: the first that the client offers and the server accepts (RFC 6455 §4.2.2), the client's order being
 * its preference (§4.1). Names are compared with case. `undefined` when there is none.
 */
export function selectSubprotocol(offered: readonly string[], accepted: readonly string[]): string | undefined {
  return offered.find((subprotocol) => accepted.includes(subprotocol));
}

/** The subprotocols in the lines of a `Sec-WebSocket-Protocol` header, or `undefined` unless all are different tokens (RFC 6455 §4.1). */
export function parseSubprotocols(lines: readonly string[]): readonly string[] | undefined {
  const list = parseTokenList(lines);
  if (!list.ok) return undefined;
  const { tokens } = list;
  return tokens.length < 2 || new Set(tokens).size === tokens.length ? tokens : undefined;
}
