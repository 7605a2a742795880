import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, keepScreenshot, openPage } from './browser.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from './console.ts';

let operatorConsole: ConsoleInBrowser;
beforeAll(async () => {
  operatorConsole = await startConsoleInBrowser();
});
afterAll(() => operatorConsole?.stop());

const open = (options?: Parameters<typeof openPage>[2]) =>
  openPage(operatorConsole.browser, operatorConsole.url, options);
const PAGES = ['flow', 'aggregates', 'parked', 'switches', 'load', 'faults'];

/** Visits each page, waits for its heading and its live connection, and then calls `look`. */
async function visitAll(page: Page, look: (name: string) => Promise<void>): Promise<void> {
  for (const name of PAGES) {
    await page.goto(`${operatorConsole.url}/#/${name}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByRole('status', { name: /^(Live|实时)$/ }).waitFor();
    await look(name);
  }
}

const pressUntil = async (page: Page, key: string, reached: () => Promise<boolean>) => {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press(key);
    if (await reached()) return;
  }
  throw new Error(`pressing ${key} 80 times does not reach the element`);
};
/**
 * Finds words in a table's buttons that are broken over several lines, and cells that extend beyond the screen.
 * @param list the label of the table
 */
const brokenIn = (page: Page, list: string): Promise<string[]> =>
  page.evaluate(`(() => {
    const table = document.querySelector('table[aria-label="${list}"]');
    const outside = [...table.querySelectorAll('th, td')].filter((cell) => cell.getBoundingClientRect().right > innerWidth);
    const broken = [...table.querySelectorAll('button')].flatMap(({ firstChild: name }) =>
      [...name.textContent.matchAll(/[^-. ]+/g)].filter(({ 0: word, index }) => {
        const range = document.createRange();
        range.setStart(name, index);
        range.setEnd(name, index + word.length);
        return range.getClientRects().length > 1;
      }),
    );
    return [...outside.map(({ textContent }) => 'outside: ' + textContent), ...broken.map(([word]) => 'broken: ' + word)];
  })()`);
const isFocused = (page: Page, name: RegExp) => async () =>
  name.test((await page.locator(':focus').first().ariaSnapshot()).replaceAll('\n', ' '));

describe('every user', () => {
  it.each(['light', 'dark'] as const)('can read every page, %s', async (colorScheme) => {
    const page = await open({ colorScheme });
    await visitAll(page, async (name) => {
      expect(await accessibilityProblems(page), name).toEqual([]);
      await keepScreenshot(page, `${name} ${colorScheme}`);
    });
    expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe(colorScheme);
  });

  it('can read and reach every page on a small screen', async () => {
    const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true });
    await visitAll(page, async (name) => {
      expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(390);
      expect(await accessibilityProblems(page), name).toEqual([]);
      await keepScreenshot(page, `${name} small`);
    });
    await page.getByRole('button', { name: 'Open the menu' }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'Flow' }).click();
    const list = page.getByRole('table', { name: 'How messages flow' });
    await list.getByRole('button', { name: 'sms.fifo', exact: true }).waitFor();
    expect(await brokenIn(page, 'How messages flow')).toEqual([]);
    await list.getByRole('button', { name: 'sms.fifo', exact: true }).click();
    await page.getByRole('dialog', { name: 'sms.fifo' }).waitFor();
  });

  it('can use a keyboard alone', async () => {
    const page = await open();
    await page.getByRole('button', { name: /queue sms\.fifo/ }).waitFor();
    await page.keyboard.press('Tab');
    expect(await isFocused(page, /Skip to the content/)()).toBe(true);
    await page.keyboard.press('Enter');
    await pressUntil(page, 'Tab', isFocused(page, /textbox "Phone"/));
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'View the timeline' }).waitFor();

    await pressUntil(page, 'Tab', isFocused(page, /button "queue sms\.fifo/));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'sms.fifo' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await pressUntil(page, 'Shift+Tab', isFocused(page, /link "View the timeline"/));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /^Member / }).waitFor();
  });

  it('can choose English or Chinese, and the choice is remembered', async () => {
    const page = await open();
    await page.getByRole('radiogroup', { name: 'Language' }).getByText('中文').click();
    await page.getByRole('heading', { level: 1, name: '消息流' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: '消息流' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await visitAll(page, async (name) => {
      expect(await accessibilityProblems(page), name).toEqual([]);
      await keepScreenshot(page, `${name} 中文`);
    });
    await page.getByRole('radiogroup', { name: '语言' }).getByText('English').click();
    await page.getByRole('heading', { level: 1, name: 'Faults' }).waitFor();
  });

  it("gets the system's language and colors by default", async () => {
    const page = await open({ locale: 'zh-CN', colorScheme: 'dark' });
    await page.getByRole('heading', { level: 1, name: '消息流' }).waitFor();
    const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
    expect(await scheme()).toBe('dark');
    await page.getByRole('button', { name: '配色' }).click();
    await page.getByRole('menuitem', { name: '浅色' }).click();
    expect(await scheme()).toBe('light');
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await scheme()).toBe('light');
  });

  it('can avoid animations', async () => {
    const page = await open({ reducedMotion: 'reduce' });
    await page.getByRole('button', { name: /queue sms\.fifo/ }).waitFor();
    expect(await page.locator('canvas').count()).toBe(0);
  });
});
