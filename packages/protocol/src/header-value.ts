/** One element of a `Sec-WebSocket-Extensions` list: the extension's name and its parameters in the order sent. */
export interface Extension {
  readonly name: string;
  /** `true` stands for a parameter without a value, such as `client_max_window_bits` in an offer. */
  readonly params: readonly (readonly [name: string, value: string | true])[];
}

/** What {@link parseExtensions} makes of the header's lines. */
export type ParsedExtensions =
  | { readonly ok: true; readonly extensions: readonly Extension[] }
  | { readonly ok: false };

/** What {@link parseTokenList} makes of the header's lines. */
export type ParsedTokens = { readonly ok: true; readonly tokens: readonly string[] } | { readonly ok: false };

/** List elements that {@link parseExtensions} reads before it refuses the header. Browsers send one or two. */
export const maxExtensionOffers = 64;

/** Parameters of one extension that {@link parseExtensions} reads before it refuses the header. RFC 7692 knows four. */
export const maxExtensionParams = 64;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// Every line is written as latin1, where U+010A would leave as LF: whatever needs more than one byte is refused too.
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether `text` is a token: one or more of the characters that header names, methods and subprotocols are made of (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  return token.test(text);
}

/** Whether `text` can stand as a header's value: no CR, LF, NUL or other control, nothing beyond latin1 (RFC 9110 §5.5). */
export function isHeaderValue(text: string): boolean {
  return fieldValue.test(text);
}

/** `text` without the spaces and tabs around it. Linear, where a regular expression anchored at the end is quadratic. */
export function trimWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

/**
 * Reads comma lists of tokens, each line of the header on its own (RFC 9110 §5.6.1).
 * Refused: an element that is no token, an empty one, an unclosed quote. Takes time linear in the input.
 */
export function parseTokenList(lines: readonly string[]): ParsedTokens {
  const tokens: string[] = [];
  for (const line of lines) {
    const elements = split(line, ',');
    if (elements === undefined || !elements.every(isToken)) return { ok: false };
    for (const element of elements) tokens.push(element);
  }
  return { ok: true, tokens };
}

/**
 * Whether a comma list names `wanted` (in lower case), compared without case. Other elements may be anything,
 * such as `HTTP/2.0` in an `Upgrade` header; a name inside a quoted string does not count, nor does a line with an unclosed quote.
 */
export function listIncludes(lines: readonly string[], wanted: string): boolean {
  return lines.some((line) => split(line, ',')?.some((element) => element.toLowerCase() === wanted));
}

/**
 * Reads the lines of a `Sec-WebSocket-Extensions` header (RFC 6455 §9.1). Quoted values are unescaped, and must be tokens then.
 * Empty list elements are passed over (RFC 9110 §5.6.1.2). Refused: what is no token where one must stand, an unclosed quote,
 * more than {@link maxExtensionOffers} elements, more than {@link maxExtensionParams} parameters. Takes time linear in the input.
 */
export function parseExtensions(lines: readonly string[]): ParsedExtensions {
  const extensions: Extension[] = [];
  let offers = 0;
  for (const line of lines) {
    const elements = split(line, ',');
    if (elements === undefined) return { ok: false };
    offers += elements.length;
    if (offers > maxExtensionOffers) return { ok: false };
    for (const element of elements) {
      if (element === '') continue;
      const extension = parseExtension(element);
      if (extension === undefined) return { ok: false };
      extensions.push(extension);
    }
  }
  return { ok: true, extensions };
}

function parseExtension(element: string): Extension | undefined {
  const [name, ...rest] = split(element, ';') ?? [];
  if (name === undefined || !isToken(name) || rest.length > maxExtensionParams) return undefined;
  const params: [string, string | true][] = [];
  for (const text of rest) {
    const param = parseParam(text);
    if (param === undefined) return undefined;
    params.push(param);
  }
  return { name, params };
}

function parseParam(text: string): [string, string | true] | undefined {
  const equals = text.indexOf('=');
  if (equals === -1) return isToken(text) ? [text, true] : undefined;
  const name = trimWhitespace(text.slice(0, equals));
  const raw = trimWhitespace(text.slice(equals + 1));
  const value = raw.startsWith('"') ? unquote(raw) : raw;
  return isToken(name) && value !== undefined && isToken(value) ? [name, value] : undefined;
}

/** The content of a quoted string, or `undefined` when anything follows the closing quote. */
function unquote(quoted: string): string | undefined {
  let content = '';
  for (let at = 1; at < quoted.length; at += 1) {
    if (quoted[at] === '"') return at === quoted.length - 1 ? content : undefined;
    if (quoted[at] === '\\') at += 1;
    content += quoted[at] ?? '';
  }
  return undefined;
}

/** The trimmed pieces of `text` between separators that stand outside quoted strings; `undefined` when a quote stays open. */
function split(text: string, separator: ',' | ';'): string[] | undefined {
  const pieces: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (quoted && char === '\\') at += 1;
    else if (!quoted && char === separator) {
      pieces.push(trimWhitespace(text.slice(start, at)));
      start = at + 1;
    }
  }
  if (quoted) return undefined;
  pieces.push(trimWhitespace(text.slice(start)));
  return pieces;
}

function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t';
}
