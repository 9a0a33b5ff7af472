import { describe, expect, it } from 'vitest';
import { ConnectionLimit } from './connection-limit.ts';

describe('a connection limit', () => {
  it('without limits lets everybody in', () => {
    const limit = new ConnectionLimit({});
    for (let i = 0; i < 10_000; i++) expect(limit.enter('192.0.2.1')).toBeUndefined();
  });

  it('turns away who comes when there are enough, until one leaves', () => {
    const limit = new ConnectionLimit({ maxConnections: 2 });
    expect([limit.enter('192.0.2.1'), limit.enter(undefined)]).toEqual([undefined, undefined]);
    expect(limit.enter('192.0.2.2')).toEqual({ code: 'tooManyConnections' });
    limit.leave(undefined);
    expect(limit.enter('192.0.2.2')).toBeUndefined();
    expect(limit.enter('192.0.2.2')).toEqual({ code: 'tooManyConnections' });
  });

  it('counts each address by itself, and nobody twice who is turned away', () => {
    const limit = new ConnectionLimit({ maxConnections: 3, maxConnectionsPerAddress: 1 });
    expect(limit.enter('192.0.2.1')).toBeUndefined();
    for (let i = 0; i < 5; i++) expect(limit.enter('192.0.2.1')).toEqual({ code: 'tooManyFromAddress' });
    expect([limit.enter('192.0.2.2'), limit.enter(undefined)]).toEqual([undefined, undefined]);
    limit.leave('192.0.2.1');
    expect(limit.enter('192.0.2.1')).toBeUndefined();
    expect(limit.enter('192.0.2.3')).toEqual({ code: 'tooManyConnections' });
  });

  it('does not limit peers whose address is unknown by it', () => {
    const limit = new ConnectionLimit({ maxConnectionsPerAddress: 1 });
    expect([limit.enter(undefined), limit.enter(undefined)]).toEqual([undefined, undefined]);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d as a limit', (limit) => {
    expect(() => new ConnectionLimit({ maxConnections: limit })).toThrow(TypeError);
    expect(() => new ConnectionLimit({ maxConnectionsPerAddress: limit })).toThrow(/maxConnectionsPerAddress/);
  });
});
