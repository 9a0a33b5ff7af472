import type { Extension } from '../header-value.ts';

/** The elements of a header without quoted values: enough for what this folder itself writes. */
export function elements(header: string): Extension[] {
  return header.split(', ').map((element) => {
    const [name = '', ...params] = element.split('; ');
    return {
      name,
      params: params.map((param): [string, string | true] => {
        const [key = '', value] = param.split('=');
        return [key, value ?? true];
      }),
    };
  });
}

/** The first of them. */
export function element(header: string): Extension {
  const [first] = elements(header);
  if (first === undefined) throw new Error('no element');
  return first;
}
