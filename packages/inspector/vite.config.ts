import { defineConfig } from 'vite';

/** The page: what the process serves from `dist/page`, at whatever path it likes. */
export default defineConfig({
  root: `${import.meta.dirname}/page`,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2023',
    // Nothing inline: the page's policy allows what comes from its own server, and no more.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
