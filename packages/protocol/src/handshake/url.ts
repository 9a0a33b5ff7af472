import { type Refused, refuse, type UrlRefusal } from './refusal.ts';

/** Where a WebSocket URL leads, in the parts that a client needs. */
export interface WebSocketTarget {
  /** Whether the connection runs over TLS: `wss`. */
  readonly secure: boolean;
  /** A name in its ASCII form or an address; IPv6 without brackets, as sockets want it. */
  readonly hostname: string;
  readonly port: number;
  /** The path and the query, the resource name of RFC 6455 §3. Begins with a slash. */
  readonly path: string;
  /** The `Host` header or `:authority`: IPv6 in brackets, no port when it is the scheme's own. */
  readonly hostHeader: string;
}

// Parts of a URL as RFC 3986 §3 cuts them; the quantified classes exclude what follows them, so that matching is linear.
const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const authority = /^wss?:\/\/([^/?#]+)/i;
const port = /:([^:\]]*)$/;
// A URL parser would drop or rewrite these without a word, and so go elsewhere than the text seems to say.
const rewritten = /[\0-\x20\x7f\\]/;

/**
 * Reads a `ws` or `wss` URL (RFC 6455 §3). Refused: other schemes, fragments, user names and passwords, ports that are no number
 * or above 65535, and blanks, control characters and backslashes anywhere.
 */
export function parseWebSocketUrl(
  input: string | URL,
): { readonly ok: true; readonly target: WebSocketTarget } | Refused<UrlRefusal> {
  const text = typeof input === 'string' ? input : input.href;
  const given = scheme.exec(text)?.[1];
  if (given === undefined || rewritten.test(text)) return refuse({ code: 'invalidUrl' });
  if (!/^wss?$/i.test(given)) return refuse({ code: 'invalidScheme', scheme: given });
  if (text.includes('#')) return refuse({ code: 'fragmentNotAllowed' });
  const givenAuthority = authority.exec(text)?.[1];
  if (givenAuthority === undefined || givenAuthority.includes('@')) return refuse({ code: 'invalidUrl' });
  const givenPort = port.exec(givenAuthority)?.[1] ?? '';
  if (!/^\d*$/.test(givenPort) || Number(givenPort) > 65535) return refuse({ code: 'invalidPort', port: givenPort });
  if (!URL.canParse(text)) return refuse({ code: 'invalidUrl' });
  return { ok: true, target: toTarget(new URL(text)) };
}

function toTarget(url: URL): WebSocketTarget {
  const secure = url.protocol === 'wss:';
  return {
    secure,
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    hostHeader: url.host,
  };
}
