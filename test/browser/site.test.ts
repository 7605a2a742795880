import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriers, keepScreenshot, openPage, startBrowser } from './browser.ts';
import { type Site, startSite } from './site.ts';

let browser: Browser;
let site: Site;
beforeAll(async () => {
  [browser, site] = await Promise.all([startBrowser(), startSite()]);
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

/** One page of each kind. */
const KINDS = [
  'index',
  'reliability',
  'guides/process',
  'runbook',
  'decisions/0001-doorbell-names-the-last-version',
  'zh/index',
];
const SCREENS = [
  [390, 'light'],
  [390, 'dark'],
  [1280, 'light'],
  [1280, 'dark'],
] as const;

describe('the site', () => {
  it.each(SCREENS)('has no barriers at %i pixels, %s', async (width, colorScheme) => {
    const page = await openPage(browser, site.url, { viewport: { width, height: 844 }, colorScheme });
    for (const kind of KINDS) {
      await page.goto(`${site.url}/${kind}.html`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth'), kind).toBeLessThanOrEqual(width);
      expect(await barriers(page), kind).toEqual([]);
      await keepScreenshot(page, `site ${kind} ${width} ${colorScheme}`);
    }
  });

  it.each([
    ['/reliability.html', 'Search', 'lease on the cursor', 'Reliability'],
    ['/zh/', '搜索', '发件箱', 'Rollcall'],
  ])('%s finds what is on another page', async (path, button, words, title) => {
    const page = await openPage(browser, `${site.url}${path}`);
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('searchbox').fill(words);
    await page.getByRole('listbox').getByRole('link').filter({ hasText: title }).first().waitFor();
  });

  it('leads from the sidebar to every page, in both languages', async () => {
    const page = await openPage(browser, `${site.url}/reliability.html`);
    await page.getByRole('navigation', { name: 'Sidebar' }).getByRole('link', { name: 'Runbook' }).click();
    await page.getByRole('heading', { level: 1, name: 'Runbook' }).waitFor();
  });

  it('asks no other host for anything', async () => {
    const page = await openPage(browser, `${site.url}/`);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).host));
    for (const path of ['/', '/reliability.html', '/zh/'])
      await page.goto(`${site.url}${path}`, { waitUntil: 'networkidle' });
    expect(new Set(asked)).toEqual(new Set([new URL(site.url).host]));
  });
});
