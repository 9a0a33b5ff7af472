import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly content: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where the page is: beside this file once it is packed, in the package's `dist` in the workspace. */
const folder = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../../dist/page' : 'page');

/** The page, by path. Throws when it has not been built. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  try {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const type = types[extname(name)];
      if (type !== undefined)
        assets.set(name.replaceAll('\\', '/'), { type, content: readFileSync(join(folder, name)) });
    }
  } catch (cause) {
    throw new Error('the page of the inspector is not built: pnpm --filter @genws/inspector build:page', { cause });
  }
  return assets;
}
