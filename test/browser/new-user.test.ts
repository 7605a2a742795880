import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPhone } from '../support/cloud.ts';
import { accessibilityProblems, keepScreenshot, openPage } from './browser.ts';
import { type ConsoleInBrowser, startConsoleInBrowser } from './console.ts';

let operatorConsole: ConsoleInBrowser;
beforeAll(async () => {
  operatorConsole = await startConsoleInBrowser();
});
afterAll(() => operatorConsole?.stop());

const open = (options?: Parameters<typeof openPage>[2]) =>
  openPage(operatorConsole.browser, operatorConsole.url, options);

describe('a new user', () => {
  it('sees a chart of the load since the start of the cloud, whose time labels all differ', async () => {
    const { cloud } = operatorConsole;
    await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'es' });
    await cloud.settled();
    const page = await open();
    await page.getByRole('link', { name: 'Load' }).click();
    const chart = page.getByRole('region', { name: 'From commit to effect' });
    await chart.locator('.recharts-line-dots circle').first().waitFor();
    const labels = chart.locator('.recharts-xAxis-tick-labels .recharts-cartesian-axis-tick-value');
    await labels.getByText(/ ago$/).first().waitFor();
    const times = await labels.allTextContents();
    expect(times.at(-1)).toBe('now');
    expect(new Set(times).size).toBe(times.length);
  });

  it('sees an introduction until it is closed', async () => {
    const page = await open();
    const introduction = page.getByRole('region', { name: 'Start here' });
    await introduction.getByText('Press Register.').waitFor();
    expect(await introduction.getByRole('link').allTextContents()).toEqual(['Members', 'Faults', 'Parked']);
    await introduction.getByRole('button', { name: 'Close this introduction' }).click();
    await introduction.waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('button', { name: /queue sms\.fifo/ }).waitFor();
    expect(await introduction.count()).toBe(0);
  });

  it('sees relative times, and exact times on hover', async () => {
    const { body } = await operatorConsole.cloud.request('POST', '/v1/members', {
      ...{ phone: newPhone(), name: 'Ana', locale: 'es' },
    });
    const page = await open();
    await page.getByRole('navigation').getByRole('link', { name: 'Members' }).click();
    const time = page.getByRole('row', { name: body.id }).locator('time');
    await time.getByText(/^(now|\d+ seconds? ago)$/).waitFor();
    expect(await time.getAttribute('title')).toMatch(/\b20\d\d\b.*\d\d:\d\d:\d\d\.\d{3}/);
  });

  it('registers a member, and sees the SMS, the points and the guide', async () => {
    const page = await open();
    await page.getByLabel('Name', { exact: true }).fill('Lucía');
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByRole('link', { name: 'View the timeline' }).waitFor();
    // For some seconds after a message has passed, the function shows a rate.
    await page.getByRole('button', { name: /guide-consume.*\/s/ }).waitFor();
    await page.getByRole('link', { name: 'View the timeline' }).click();

    await page
      .getByRole('region', { name: /^Phone \+34/ })
      .getByText(/^(Welcome|¡Te damos la bienvenida|欢迎加入)/)
      .waitFor();
    for (const service of ['registration', 'sms', 'points', 'guide']) {
      await page.getByRole('tab', { name: new RegExp(`^${service}`) }).waitFor();
      await page.getByRole('list', { name: 'Steps' }).getByText(service, { exact: true }).first().waitFor();
    }
    await page.getByRole('tab', { name: /^points/ }).click();
    await page.getByRole('cell', { name: '100', exact: true }).first().waitFor();

    await page
      .getByRole('button', { name: /publish member-events/ })
      .first()
      .click();
    await page.getByRole('table', { name: 'Attributes' }).waitFor();
    await page.getByRole('button', { name: /rollcall\.member\.registered\.v2.*member-events/ }).click();
    await page.getByRole('table', { name: 'Header' }).getByText('specversion').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await keepScreenshot(page, 'a member');
  });

  it('sees which field is invalid', async () => {
    const page = await open({ expected: /status of 4\d\d/ });
    await page.getByLabel('Phone').fill('12');
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    const phone = page.getByLabel('Phone');
    await page.locator('[aria-invalid=true]').waitFor();
    expect(await phone.getAttribute('aria-invalid')).toBe('true');
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('registers a hundred at once, and sees that nothing was lost', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Register 100 at once' }).click();
    await page.getByRole('progressbar', { name: 'points done' }).waitFor();
    await page.getByText('All is well: 0 lost, 0 duplicated, 0 out of order.').waitFor();

    await page.getByRole('link', { name: 'Load' }).click();
    await page
      .getByRole('region', { name: 'From commit to effect' })
      .locator('path.recharts-line-curve')
      .first()
      .waitFor();
    await page.getByRole('link', { name: 'Members' }).click();
    await page.getByRole('table', { name: 'Latest members' }).getByRole('link').nth(99).waitFor();
  });

  it('sees the description of a part after a click', async () => {
    const page = await open();
    await page.getByRole('button', { name: /queue sms\.fifo/ }).click();
    const details = page.getByRole('dialog', { name: 'sms.fifo' });
    await details.getByText('An SQS queue').waitFor();
    await details.getByText('rollcall-dev-sms.fifo').waitFor();
    await details.getByRole('link', { name: 'Parked messages of sms' }).click();
    await page.getByRole('heading', { name: 'Parked messages' }).waitFor();
    expect(await page.getByRole('combobox', { name: 'Subscriber' }).inputValue()).toBe('sms');
  });
});
