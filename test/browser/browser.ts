import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const SCREENSHOTS = join(import.meta.dirname, '../../test-results');
const USUAL_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** It has no screen, shares its processors, and has nobody to call home to. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** A message may wait for its queue's turn, a probe for the circuit's. */
const PATIENCE_MS = 60_000;

function whereChromiumIs(): string {
  const found = [process.env.CHROMIUM, ...USUAL_PLACES].find((path) => path && existsSync(path));
  if (found) return found;
  throw new Error(
    'There is no Chromium here. Install it (apt-get install chromium), or say where it is: CHROMIUM=/path/to/it.',
  );
}

export const startBrowser = (...more: string[]): Promise<Browser> =>
  chromium.launch({ executablePath: whereChromiumIs(), args: [...QUIET, ...more] });

export interface PageOptions extends BrowserContextOptions {
  /** What may be said on the browser's console: it reports every answer of 4xx as an error. */
  expected?: RegExp;
}

/** A page of a test's own. Whatever its console says of errors fails the test. */
export async function openPage(browser: Browser, url: string, options: PageOptions = {}): Promise<Page> {
  const { expected, ...rest } = options;
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    colorScheme: 'light',
    ...rest,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected?.test(message.text())) errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  onTestFinished(async ({ task }) => {
    await keepScreenshot(page, `${task.result?.state} ${task.name}`);
    await context.close();
    expect(errors, 'errors on the console of the browser').toEqual([]);
  });
  await page.goto(url);
  return page;
}

export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name.replaceAll(/[^\p{L}\d]+/gu, '-')}.png`) });
}

/** What axe finds that keeps somebody from using the page. While something fades in, its contrast is lower. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(`Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime))
    .map(({ finished }) => finished))`);
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}
