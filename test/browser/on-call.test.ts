import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { accessibilityProblems, keepScreenshot, openPage } from './browser.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from './console.ts';

let operatorConsole: ConsoleInBrowser;
beforeAll(async () => {
  operatorConsole = await startConsoleInBrowser();
});
afterAll(() => operatorConsole?.stop());

const open = (page = 'flow') => openPage(operatorConsole.browser, `${operatorConsole.url}/#/${page}`);
const goTo = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name }).click();

async function breakHttp(page: Page, kind: string): Promise<void> {
  onTestFinished(() => removeFaults(page));
  await goTo(page, 'Faults');
  await page.getByRole('combobox', { name: 'How http behaves' }).click();
  await page.getByRole('option', { name: new RegExp(`^${kind}`) }).click();
  await page.getByText(`Injected faults: http ${kind}`).waitFor();
}

/** Removes all faults. Opens the page by its URL, because an open dialog may cover the links. */
async function removeFaults(page: Page): Promise<void> {
  await page.goto(`${operatorConsole.url}/#/faults`);
  await page.getByRole('button', { name: 'Remove all faults' }).click();
  await page.getByText('Injected faults').waitFor({ state: 'detached' });
}

async function register(page: Page): Promise<void> {
  await goTo(page, 'Flow');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByRole('link', { name: 'View the timeline' }).waitFor();
}

async function chooseSubscriber(page: Page, subscriber: string): Promise<void> {
  await goTo(page, 'Parked');
  await page.getByRole('combobox', { name: 'Subscriber' }).click();
  await page.getByRole('option', { name: subscriber, exact: true }).click();
}

/** Registers a member whose SMS the provider permanently refuses. */
async function park(page: Page): Promise<void> {
  await breakHttp(page, 'refuses');
  await register(page);
  await chooseSubscriber(page, 'sms');
  await page.getByRole('button', { name: /^Inspect/ }).waitFor();
}

async function redriveAll(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Redrive all of sms' }).click();
  await page.getByText('The first member is a canary').waitFor();
  await page.getByRole('button', { name: 'Redrive now' }).click();
  await page.getByRole('progressbar', { name: 'Progress of the redrive' }).waitFor();
}

describe('an operator on call', () => {
  it('breaks a provider, sees its circuit open and the second provider take over, and closes the circuit', async () => {
    const page = await open();
    await breakHttp(page, 'fails');
    await goTo(page, 'Flow');
    await page.getByRole('button', { name: 'Register 100 at once' }).click();
    await page.getByText(/Warnings: .*circuit sms-http/).waitFor();
    await page.getByText('All is well').waitFor();
    await goTo(page, 'Switches');
    const circuit = page.getByRole('row', { name: /sms-http/ });
    await circuit.getByText(/open/).first().waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await keepScreenshot(page, 'a circuit is open');
    await circuit.getByRole('button', { name: 'Reset sms-http' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
    await page.getByText('The circuit is closed.').waitFor();
  });

  it('inspects a parked message; its redrive stops at the canary, and succeeds after the cause is repaired', async () => {
    const page = await open();
    await park(page);
    await page.getByRole('button', { name: /^Inspect/ }).click();
    const inspected = page.getByRole('dialog');
    await inspected.getByText('failed permanently, needs an operator').waitFor();
    await inspected.getByRole('group', { name: 'Message' }).getByText('specversion').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await keepScreenshot(page, 'a parked message');
    await inspected.getByRole('button', { name: 'Close' }).click();

    await redriveAll(page);
    await page.getByRole('region', { name: 'Failed again' }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    await removeFaults(page);
    await chooseSubscriber(page, 'sms');
    await redriveAll(page);
    await page.getByText('Finished: 1 messages applied;').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('No parked message matches the filter.').waitFor();
  });

  it('discards a message that can never be applied, and must give a reason', async () => {
    const page = await open();
    await park(page);
    await page.getByRole('button', { name: /^Inspect/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    const dialog = page.getByRole('dialog', { name: 'Discard this message?' });
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await dialog.getByText('Enter a reason.').waitFor();
    await dialog.getByLabel('Reason').fill('a test entry');
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('No parked message matches the filter.').waitFor();
  });

  it('switches a capability and back; the history shows operator and reason', async () => {
    const page = await open('switches');
    await page.getByRole('button', { name: 'Change guide' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'New mode' }).click();
    await page.getByRole('option', { name: 'english-only' }).click();
    await dialog.getByLabel('Reason').fill('translators are away');
    await dialog.getByLabel('Duration in hours').fill('2');
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Switch', exact: true }).click();
    await page.getByRole('region', { name: 'guide' }).getByText('english-only').first().waitFor();
    await page
      .getByRole('row', { name: /guide english-only ends in \d+ (?:hour|minute)s? .*translators are away/ })
      .waitFor();
    const warning = page.getByText(/^Warnings: .*switch guide: english-only/);
    await warning.waitFor();

    await page.getByRole('button', { name: 'Switch to normal' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('they are back');
    await page.getByRole('dialog').getByRole('button', { name: 'Switch', exact: true }).click();
    await warning.waitFor({ state: 'detached' });
  });

  it('stops a function, sees its messages wait, and starts it again', async () => {
    const page = await open('faults');
    onTestFinished(() => removeFaults(page));
    await page.getByRole('switch', { name: 'rollcall-dev-guide-consume runs' }).click();
    await page.getByText('rollcall-dev-guide-consume stopped').waitFor();
    await register(page);
    await page.getByRole('button', { name: /function guide-consume stopped/ }).waitFor();
    await page.getByRole('button', { name: /queue guide\.fifo .*(waiting|in flight)/ }).waitFor();
    await removeFaults(page);
    await goTo(page, 'Flow');
    await page.getByRole('button', { name: 'queue guide.fifo', exact: true }).waitFor();
  });

  it('sees a failed invocation on every page, and finds its request and its log', async () => {
    const page = await open();
    await operatorConsole.cloud.invoke('rollcall-dev-guide-read', {});
    await page.getByText(/1 failed invocations .* rollcall-dev-guide-read: TypeError/).waitFor();
    await page.getByRole('link', { name: 'Go to failed invocations' }).click();
    await page.getByRole('row', { name: /rollcall-dev-guide-read [0-9a-f-]{36} TypeError.*\.log/ }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('sees when the connection breaks, and when it is back', async () => {
    const page = await openPage(operatorConsole.browser, 'about:blank', { expected: /ERR_FAILED/ });
    await page.route('**/console/api/live', (route) => route.abort());
    await page.goto(operatorConsole.url);
    await page.getByText('Connection lost. Reconnecting…').waitFor();
    await keepScreenshot(page, 'the connection is lost');
    await page.unroute('**/console/api/live');
    await page.getByRole('status', { name: 'Live' }).waitFor();
  });
});
