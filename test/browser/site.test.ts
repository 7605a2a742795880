import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, keepScreenshot, openPage, startBrowser } from './browser.ts';
import { type Site, startSite } from './site.ts';

/** Long enough to build the site, and to check fourteen pages with axe. */
const PATIENCE_MS = 600_000;

let browser: Browser;
let site: Site;
beforeAll(async () => {
  [browser, site] = await Promise.all([startBrowser(), startSite()]);
}, PATIENCE_MS);
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

/** One page of each kind. */
const KINDS = [
  'index',
  'why',
  'tutorial',
  'concepts/g4-failure-keeps-the-order',
  'reliability',
  'architecture',
  'guides/process',
  'decisions/0001-relay-reads-up-to-the-doorbell-version',
  'reference/openapi',
  'reference/asyncapi',
  'reference/settings',
  'reference/commands',
  'reference/packages/@rollcall/kit/observability',
  'zh/index',
];
const SCREENS = [
  [390, 'light'],
  [390, 'dark'],
  [1280, 'light'],
  [1280, 'dark'],
] as const;

describe('the site', () => {
  it.each(SCREENS)(
    'is accessible and fits a width of %i pixels, %s',
    async (width, colorScheme) => {
      const page = await openPage(browser, site.url, { viewport: { width, height: 844 }, colorScheme });
      for (const kind of KINDS) {
        await page.goto(`${site.url}/${kind}.html`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        if (kind === 'architecture') await page.getByRole('group', { name: 'Diagram' }).last().locator('svg').waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth'), kind).toBeLessThanOrEqual(width);
        expect(await accessibilityProblems(page), kind).toEqual([]);
        await keepScreenshot(page, `site ${kind} ${width} ${colorScheme}`);
      }
    },
    PATIENCE_MS,
  );

  it.each([
    ['/reliability.html', 'Search', 'lease on the cursor', 'Reliability'],
    ['/zh/', '搜索', '发件箱', 'Rollcall'],
  ])('%s: the search finds the page that contains the words', async (path, button, words, title) => {
    const page = await openPage(browser, `${site.url}${path}`);
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('searchbox').fill(words);
    await page.getByRole('listbox').getByRole('link').filter({ hasText: title }).first().waitFor();
  });

  it('links only to existing headings', async () => {
    const pages = new Map<string, string>();
    for (const file of await readdir(site.folder, { recursive: true }))
      if (file.endsWith('.html')) pages.set(`/${file}`, await readFile(join(site.folder, file), 'utf8'));
    const dead: string[] = [];
    for (const [path, html] of pages) {
      for (const [, to = '', anchor = ''] of html.matchAll(/href="([^"#:]*)#([^"]+)"/g)) {
        const { pathname } = new URL(to, `http://site${path}`);
        const target = pages.get(pathname.endsWith('/') ? `${pathname}index.html` : pathname) ?? '';
        if (!target.includes(`id="${decodeURIComponent(anchor)}"`)) dead.push(`${path}: ${to}#${anchor}`);
      }
    }
    expect(pages.size).toBeGreaterThan(100);
    expect([...new Set(dead)]).toEqual([]);
  });

  it('steps through a schedule by keyboard, and shows the state after each step', async () => {
    const page = await openPage(browser, `${site.url}/concepts/g4-failure-keeps-the-order.html`);
    const picture = page.getByRole('region', { name: 'The second message fails permanently' });
    await picture.getByRole('list', { name: 'Steps' }).focus();
    const stateAfterStep = (name: string) => picture.locator('dl > div').filter({ hasText: name }).locator('dd');
    await page.keyboard.press('End');
    expect(await stateAfterStep('Cursor of the consumer').textContent()).toBe('v3');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    expect(await picture.getByRole('status').textContent()).toMatch(/^ *Step 2 of/);
    await picture
      .getByRole('button', { name: /puts stock order parked#0*2#/ })
      .first()
      .click();
    expect(await stateAfterStep('Parked').textContent()).toBe('v2 (failed)');
    await picture.getByRole('button', { name: 'Previous' }).click();
    expect(await stateAfterStep('Parked').textContent()).toBe('none');
  });

  it('has a sidebar that leads to other pages', async () => {
    const page = await openPage(browser, `${site.url}/reliability.html`);
    await page.getByRole('navigation', { name: 'Sidebar' }).getByRole('link', { name: 'Runbook' }).click();
    await page.getByRole('heading', { level: 1, name: 'Runbook' }).waitFor();
  });

  it('sends no requests to other hosts', async () => {
    const page = await openPage(browser, `${site.url}/`);
    const hosts: string[] = [];
    page.on('request', (request) => hosts.push(new URL(request.url()).host));
    for (const path of ['/', '/reliability.html', '/zh/'])
      await page.goto(`${site.url}${path}`, { waitUntil: 'networkidle' });
    expect(new Set(hosts)).toEqual(new Set([new URL(site.url).host]));
  });
});
