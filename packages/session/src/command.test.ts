import { binary, ping, prepare, received, text } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { active, type Command, deflate, describeIllegalCommand, setOptions, shutdownReason } from './command.ts';

/** Lets code that is not checked pass anything. */
const isCommand = (_: unknown): _ is Command => true;

const describeIllegal = (value: unknown): string | undefined =>
  isCommand(value) ? describeIllegalCommand(value) : undefined;

describe('a command', () => {
  it('says what it is about', () => {
    expect(active(false)).toEqual({ type: 'active', active: false });
    expect(deflate(true)).toEqual({ type: 'deflate', deflate: true });
    expect(setOptions({ idleTimeout: 5 })).toEqual({ type: 'setOptions', options: { idleTimeout: 5 } });
    expect(shutdownReason('deploy')).toEqual({ type: 'shutdownReason', reason: 'deploy' });
  });

  it.each<Command>([
    text('x'),
    binary(new Uint8Array(1)),
    ping(),
    { type: 'close', code: 1000 },
    received('text', new Uint8Array(0)),
    prepare(text('x')),
    active(true),
    active(false),
    deflate(true),
    deflate(false),
    setOptions({}),
    setOptions({ heartbeat: 5000, limits: { maxFrame: 1 } }),
    shutdownReason(undefined),
    shutdownReason({ any: 'thing' }),
  ])('may stand in a reply: $type', (command) => {
    expect(describeIllegalCommand(command)).toBeUndefined();
  });

  it.each([
    [undefined, 'a frame is an object with a type'],
    [null, 'a frame is an object with a type'],
    ['text', 'a frame is an object with a type'],
    [[], 'a frame is an object with a type'],
    [{}, 'a frame is an object with a type'],
    [{ type: 'pause' }, '"pause" is no frame type'],
    [{ type: 5 }, 'the type of a frame is a string'],
    [{ type: 'text', data: 5 }, 'the data of a text frame is a string'],
    [{ type: 'active' }, 'active is true or false, not undefined'],
    [{ type: 'active', active: 'no' }, "active is true or false, not 'no'"],
    [{ type: 'deflate', deflate: Object.create(null) }, 'deflate is true or false, not [Object: null prototype] {}'],
    [{ type: 'setOptions' }, 'options are an object'],
    [{ type: 'setOptions', options: { idleTimeout: 'x' } }, "idleTimeout is a number of ms, not 'x'"],
    [{ type: 'setOptions', options: { role: 'client' } }, '"role" is no option of a session'],
    [
      { type: 'compressed', kind: 'text', data: new Uint8Array(1) },
      'a message is compressed by the session, not by its handler',
    ],
  ])('may not: %o', (value, words) => {
    expect(describeIllegal(value)).toBe(words);
  });
});
