import { describe, expect, it } from 'vitest';
import { Navigation, viewsOf } from './navigation.ts';

function navigation(wide: boolean, state: unknown = null) {
  const states = [state];
  const history = {
    get state() {
      return states.at(-1);
    },
    pushState: (next: unknown) => void states.push(next),
  };
  return { states, navigation: new Navigation(history, () => wide) };
}

describe('the way through the page', () => {
  it('opens a session beside the table where there is room, and by itself where there is none', () => {
    const { navigation: wide } = navigation(true);
    wide.open('7');
    expect(wide.place.value).toEqual({ tab: 'sessions', session: '7' });
    wide.go('tree');
    wide.open('8');
    expect(wide.place.value).toEqual({ tab: 'session', session: '8' });
    const { navigation: narrow } = navigation(false);
    narrow.open('7');
    expect(narrow.place.value).toEqual({ tab: 'session', session: '7' });
  });

  it('goes back step by step', () => {
    const { navigation: wide } = navigation(true, { tab: 'session', session: '7' });
    wide.back();
    expect(wide.place.value).toEqual({ tab: 'sessions', session: '7' });
    wide.back();
    expect(wide.place.value).toEqual({ tab: 'sessions', session: undefined });
    const { navigation: narrow } = navigation(false, { tab: 'session', session: '7' });
    narrow.back();
    expect(narrow.place.value).toEqual({ tab: 'sessions', session: undefined });
  });

  it('is remembered by the browser, each step once', () => {
    const { states, navigation: page } = navigation(true);
    page.go('tree');
    page.go('tree');
    expect(states).toEqual([null, { tab: 'tree', session: undefined }]);
    states.pop();
    page.restore();
    expect(page.place.value.tab).toBe('sessions');
  });

  it('begins with the table when what the browser remembers is none of ours', () => {
    for (const state of [null, 'tree', { tab: 'elsewhere', session: 7 }]) {
      expect(navigation(true, state).navigation.place.value).toEqual({ tab: 'sessions', session: undefined });
    }
  });
});

it('watches what is to be seen, and hardly anything while nobody looks', () => {
  const views = (tab: Parameters<typeof viewsOf>[0]['tab'], hidden = false) => [
    ...viewsOf({ tab, session: undefined }, hidden),
  ];
  expect(views('sessions')).toEqual(['runtime', 'sessions']);
  expect(views('session')).toEqual(['runtime', 'sessions']);
  expect(views('tree')).toEqual(['runtime', 'tree', 'groups']);
  expect(views('runtime')).toEqual(['runtime']);
  expect(views('sessions', true)).toEqual(['runtime']);
});
