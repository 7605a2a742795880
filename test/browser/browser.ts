import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const SCREENSHOTS = join(import.meta.dirname, '../../test-results');
const USUAL_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Options for a machine without a screen. They also disable background network requests. */
const BROWSER_OPTIONS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Long enough for a visibility timeout, or for the next probe of a circuit. */
const PATIENCE_MS = 60_000;

function chromiumPath(): string {
  const found = [process.env.CHROMIUM, ...USUAL_PLACES].find((path) => path && existsSync(path));
  if (found) return found;
  throw new Error(
    'Chromium is not installed. Install it (apt-get install chromium), or set its path: CHROMIUM=/path/to/chromium',
  );
}

export const startBrowser = (...more: string[]): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: [...BROWSER_OPTIONS, ...more] });

export interface PageOptions extends BrowserContextOptions {
  /** Expected errors on the browser's console, which reports every 4xx response as an error. */
  expected?: RegExp;
}

/** Opens a page for one test. Unexpected errors on the browser's console fail the test. */
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

/** Returns serious problems that axe finds. Waits for animations first, because a fading element has less contrast. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(`Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime))
    .map(({ finished }) => finished))`);
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}
