import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSubprotocols, selectSubprotocol } from './subprotocol.ts';

describe('selectSubprotocol', () => {
  it('takes the first that the client offers and the server accepts, not the first of the server (RFC 6455 §4.1)', () => {
    expect(selectSubprotocol(['c', 'b', 'a'], ['a', 'b'])).toBe('b');
  });

  it('finds none where nothing is shared', () => {
    expect(selectSubprotocol(['a'], ['b'])).toBeUndefined();
    expect(selectSubprotocol([], ['b'])).toBeUndefined();
    expect(selectSubprotocol(['a'], [])).toBeUndefined();
  });

  it('compares with case', () => {
    expect(selectSubprotocol(['Chat'], ['chat'])).toBeUndefined();
  });

  it('always chooses something offered and accepted', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'));
    fc.assert(
      fc.property(names, names, (offered, accepted) => {
        const selected = selectSubprotocol(offered, accepted);
        const shared = offered.filter((name) => accepted.includes(name));
        expect(selected).toBe(shared[0]);
      }),
    );
  });
});

describe('parseSubprotocols', () => {
  it('reads one list from several lines (RFC 6455 §11.3.4)', () => {
    expect(parseSubprotocols(['a, b', 'c'])).toEqual(['a', 'b', 'c']);
    expect(parseSubprotocols([])).toEqual([]);
  });

  it('refuses a subprotocol that is named twice, in one line or in two (RFC 6455 §4.1)', () => {
    expect(parseSubprotocols(['a, a'])).toBeUndefined();
    expect(parseSubprotocols(['a', 'b, a'])).toBeUndefined();
    expect(parseSubprotocols(['a, A'])).toEqual(['a', 'A']);
  });
});
