import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Browser } from 'playwright-core';

const root = resolve(import.meta.dirname, '../..');

const dataUrl = (png: Buffer): string => `data:image/png;base64,${png.toString('base64')}`;

/** Lay a desktop and a phone side by side; the PNG goes to `docs/images/chat.png`. */
export async function takePicture(browser: Browser, desktop: Buffer, phone: Buffer): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 680 }, deviceScaleFactor: 1.25 });
  await page.setContent(`<!doctype html>
    <style>
      body { margin: 0; height: 680px; background: #cfdcd6; position: relative; }
      img { position: absolute; box-sizing: content-box; }
      .desktop { left: 36px; top: 40px; width: 780px; height: 600px; border-radius: 14px; }
      .phone { right: 36px; top: 63px; width: 300px; height: 540px; border: 7px solid #26332e; border-radius: 34px; }
    </style>
    <img class="desktop" src="${dataUrl(desktop)}"><img class="phone" src="${dataUrl(phone)}">`);
  await page.waitForFunction('[...document.images].every((image) => image.complete)');
  const picture = await page.screenshot();
  await page.close();
  const target = resolve(root, 'docs/images/chat.png');
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, picture);
  return picture;
}
