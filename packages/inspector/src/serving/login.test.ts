import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { loginPage, loginScript } from './login.ts';

/** What the script does in a browser that has been sent to an address. */
function open(hash: string) {
  const field = { value: '' };
  const address: unknown[] = [];
  let submitted = 0;
  runInNewContext(loginScript, {
    URLSearchParams,
    location: { hash, pathname: '/inspector/' },
    history: { replaceState: (...state: unknown[]) => address.push(state.at(-1)) },
    document: {
      querySelector: () => ({
        elements: { namedItem: (name: string) => (name === 'token' ? field : undefined) },
        submit: () => submitted++,
      }),
    },
  });
  return { token: field.value, submitted, address };
}

describe('the form that asks for the token', () => {
  it('is sent with the token behind the # of the address, which is taken off before', () => {
    expect(open('#token=open%20sesame')).toEqual({ token: 'open sesame', submitted: 1, address: ['/inspector/'] });
  });

  it('waits for somebody to fill it in where there is none', () => {
    for (const hash of ['', '#', '#other=1']) expect(open(hash)).toEqual({ token: '', submitted: 0, address: [] });
  });

  it('sends the token in the body of a request, never in an address', () => {
    expect(loginPage).toContain('<form method="post" action="token">');
    expect(loginPage).toContain('type="password"');
  });

  it('holds no script of its own, as the policy of the page wants it', () => {
    expect(loginPage.match(/<script[^>]*>[^<]*/g)).toEqual(['<script src="login.js">']);
    expect(loginPage).not.toMatch(/\son\w+=|<style|style=/);
  });
});
