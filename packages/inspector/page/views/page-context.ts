import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Inspection } from '../inspection.ts';
import type { Connection } from '../live/connection.ts';
import type { Navigation } from '../navigation.ts';

/** What every view can reach. */
export interface Page {
  readonly inspection: Inspection;
  readonly navigation: Navigation;
  readonly connection: Connection;
}

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new TypeError('a view is outside of the page');
  return page;
}
