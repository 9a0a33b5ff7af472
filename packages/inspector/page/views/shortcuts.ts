import { useEffect } from 'preact/hooks';
import { type Navigation, tabs } from '../navigation.ts';

/** Whether keys are for something that is written in, and not for the page. */
export function isWriting(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, dialog') !== null;
}

export function hasModifier({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey;
}

/** The filter of the view that is to be seen. */
const filter = () => document.querySelector<HTMLInputElement>('input[data-filter]');

/** The keys that work everywhere: 1 to 4, `/`, `?` and Escape. */
export function useShortcuts(navigation: Navigation, showHelp: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || hasModifier(event) || isWriting(event.target)) return;
      const tab = tabs[Number(event.key) - 1];
      if (tab !== undefined) navigation.go(tab);
      else if (event.key === '/') focusFilter(navigation);
      else if (event.key === '?') showHelp();
      else if (event.key === 'Escape') navigation.back();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [navigation, showHelp]);
}

/** At once if it is there: what is typed next is for it, and not for the page, however busy that is. */
function focusFilter(navigation: Navigation): void {
  const input = filter();
  if (input !== null) {
    input.focus();
    return;
  }
  navigation.go('sessions');
  setTimeout(() => filter()?.focus(), 0); // it has to be drawn first
}
