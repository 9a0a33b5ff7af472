import { describe, expect, it } from 'vitest';
import { parseCommandLine, type Settings } from './command-line.ts';

function settings(...parameters: string[]): Settings {
  const parsed = parseCommandLine(parameters);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

describe('the command line of the bench', () => {
  it('selects everything by default, and by the beginning of names or a part of them', () => {
    expect(settings().selects('wss echo')).toBe(true);
    expect(settings('echo').selects('wss echo')).toBe(false);
    expect(settings('echo', 'wss').selects('wss echo')).toBe(true);
    expect(settings('--only', '16 B x 64').selects('echo 16 B x 64')).toBe(true);
    expect(settings('--only', '16 B x 64').selects('echo 16 B x 1')).toBe(false);
  });

  it('names the report by what was selected', () => {
    expect([settings(), settings('echo'), settings('--only', '16 B x 64')].map(({ stem }) => stem)).toEqual([
      'all',
      'echo',
      '16-b-x-64',
    ]);
  });

  it('reads rounds, seconds and scale', () => {
    expect(settings('--rounds', '3', '--seconds', '1.5', '--scale', '0.1').effort).toMatchObject({
      rounds: 3,
      seconds: 1.5,
      scale: 0.1,
    });
  });

  it('profiles when asked to, into a report of its own', () => {
    expect(settings('echo').effort.profile).toBe(false);
    expect(settings('echo', '--profile')).toMatchObject({ effort: { profile: true }, stem: 'echo-profile' });
  });

  it('reads peers, with and without a process', () => {
    expect(settings('--peer', 'a=ws://127.0.0.1:9001,42', '--peer', 'b=wss://localhost:1').peers).toEqual([
      { name: 'a', server: { url: new URL('ws://127.0.0.1:9001'), pid: 42 } },
      { name: 'b', server: { url: new URL('wss://localhost:1'), pid: undefined } },
    ]);
  });

  it.each([
    [['--rounds', '1.5'], 'whole number'],
    [['--seconds', 'soon'], 'positive'],
    [['--scale', '0'], 'positive'],
    [['--peer', 'ws://127.0.0.1'], 'a peer is'],
    [['--peer', 'a=http://127.0.0.1'], 'neither'],
    [['--unheard-of'], 'unheard-of'],
  ])('says what is wrong with %j', (parameters, complaint) => {
    expect(parseCommandLine(parameters)).toContain(complaint);
  });
});
