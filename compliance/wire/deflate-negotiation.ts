import type { DeflateDemand } from '../case.ts';

/** What both sides have agreed on (RFC 7692 §7.1). */
export interface DeflateAgreement {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

export type ReadResponse =
  | { readonly ok: true; readonly agreement: DeflateAgreement | undefined }
  | { readonly ok: false; readonly reason: string };

type Parameters = ReadonlyMap<string, string | true>;

const extension = 'permessage-deflate';

/** `Sec-WebSocket-Extensions` of a client with these demands on the server; anything may be demanded of itself. */
export const offer = (demands: readonly DeflateDemand[]): string =>
  demands
    .map(({ noContextTakeover, maxWindowBits }) =>
      [
        extension,
        'client_no_context_takeover',
        'client_max_window_bits',
        ...(noContextTakeover ? ['server_no_context_takeover'] : []),
        ...(maxWindowBits === undefined ? [] : [`server_max_window_bits=${maxWindowBits}`]),
      ].join('; '),
    )
    .join(', ');

/** What a server's response means to a client with these demands; `undefined` in it means no compression. */
export function readResponse(header: string | undefined, demands: readonly DeflateDemand[]): ReadResponse {
  if (header === undefined) return { ok: true, agreement: undefined };
  const [element, ...more] = parse(header);
  if (element === undefined || more.length > 0 || element.name !== extension) return refused(header);
  const { parameters } = element;
  const agreement = agreed(parameters);
  if (agreement === undefined || demands.length === 0) return refused(header);
  const meets = demands.some(
    ({ noContextTakeover = false, maxWindowBits = 15 }) =>
      (!noContextTakeover || agreement.serverNoContextTakeover) &&
      (maxWindowBits === 15 || parameters.has('server_max_window_bits')) &&
      agreement.serverMaxWindowBits <= maxWindowBits,
  );
  return meets ? { ok: true, agreement } : refused(header);
}

const refused = (header: string): ReadResponse => ({ ok: false, reason: `does not fit the offer: ${header}` });

/** A server's answer to a client's offers, with demands on the client; `undefined` if no offer can meet any of them. */
export function answer(
  header: string | undefined,
  demands: readonly DeflateDemand[],
): { readonly header: string; readonly agreement: DeflateAgreement } | undefined {
  const offers = parse(header ?? '').filter(({ name }) => name === extension);
  for (const demand of demands) {
    for (const { parameters } of offers) {
      const response = respond(parameters, demand);
      const agreement = response && agreed(response);
      if (response && agreement) return { header: write(response), agreement };
    }
  }
  return undefined;
}

function respond(offered: Parameters, { noContextTakeover, maxWindowBits }: DeflateDemand): Parameters | undefined {
  const response = new Map<string, string | true>();
  if (offered.has('server_no_context_takeover')) response.set('server_no_context_takeover', true);
  const serverBits = offered.get('server_max_window_bits');
  if (serverBits !== undefined) response.set('server_max_window_bits', serverBits);
  if (noContextTakeover) response.set('client_no_context_takeover', true);
  if (maxWindowBits === undefined) return response;
  const permitted = offered.get('client_max_window_bits');
  if (permitted === undefined || (permitted !== true && Number(permitted) < maxWindowBits)) return undefined;
  return response.set('client_max_window_bits', String(maxWindowBits));
}

function agreed(response: Parameters): DeflateAgreement | undefined {
  for (const [name, value] of response) {
    const legal = name.endsWith('_max_window_bits') ? /^(?:[89]|1[0-5])$/.test(String(value)) : value === true;
    if (!parameterNames.includes(name) || !legal) return undefined;
  }
  return {
    serverNoContextTakeover: response.has('server_no_context_takeover'),
    clientNoContextTakeover: response.has('client_no_context_takeover'),
    serverMaxWindowBits: Number(response.get('server_max_window_bits') ?? 15),
    clientMaxWindowBits: Number(response.get('client_max_window_bits') ?? 15),
  };
}

const parameterNames = [
  'server_no_context_takeover',
  'client_no_context_takeover',
  'server_max_window_bits',
  'client_max_window_bits',
];

function parse(header: string): { readonly name: string; readonly parameters: Parameters }[] {
  if (header.trim() === '') return [];
  return header.split(',').map((element) => {
    const [name = '', ...parameters] = element.split(';').map((part) => part.trim());
    const pairs = parameters.map((parameter): [string, string | true] => {
      const [key = '', value] = parameter.split('=').map((part) => part.trim());
      return [key, value?.replace(/^"(.*)"$/, '$1') ?? true];
    });
    return { name, parameters: new Map(pairs) };
  });
}

const write = (parameters: Parameters): string =>
  [extension, ...[...parameters].map(([name, value]) => (value === true ? name : `${name}=${value}`))].join('; ');
