import { join } from 'node:path';
import { startCloud } from '@rollcall/local';
import { buildConsole } from 'rollcall/internal/console/build';
import { expect, it, onTestFinished } from 'vitest';
import app from '../../examples/orders/rollcall.config.ts';
import { startConsole } from '../support/console.ts';
import { root } from '../support/run.ts';
import { accessibilityProblems, keepScreenshot, openPage, startBrowser } from './browser.ts';

/** Words of the member application. */
const MEMBER_WORDS = /\b(members?|phones?|texts?|sms|registrations?)\b|会员|电话|手机|短信/i;

it.each(['en-GB', 'zh-CN'])(
  'no page of the order service contains words of the member application: %s',
  async (locale) => {
    const page = buildConsole();
    const [browser, cloud] = await Promise.all([startBrowser(), startCloud({ app: join(root, 'examples/orders') })]);
    onTestFinished(async () => {
      await browser.close();
      await cloud.stop();
    });
    const operatorConsole = await startConsole(cloud, page, app);
    onTestFinished(() => operatorConsole.stop());
    const token = await cloud.issuer.token({ sub: 'till', scope: 'read write' });
    const placed = await cloud.request(
      'POST',
      '/orders',
      { item: 'a book', quantity: 2, cents: 1999 },
      { authorization: `Bearer ${token}` },
    );
    expect(placed.status).toBe(201);
    await cloud.settled();

    const shown = await openPage(browser, operatorConsole.url, { locale });
    for (const name of ['flow', `aggregates/${placed.body.id}`, 'aggregates', 'parked', 'switches', 'load', 'faults']) {
      await shown.goto(`${operatorConsole.url}/#/${name}`);
      await shown.getByRole('heading', { level: 1 }).waitFor();
      await shown.getByRole('status', { name: /^(Live|实时)$/ }).waitFor();
      expect(
        (await shown.locator('body').innerText()).split('\n').filter((line) => MEMBER_WORDS.test(line)),
        name,
      ).toEqual([]);
      expect(await accessibilityProblems(shown), name).toEqual([]);
      await keepScreenshot(shown, `orders ${name.replace(/\/.*/, ' one')} ${locale}`);
    }
    const [aggregates] = locale === 'en-GB' ? ['Orders'] : ['订单'];
    await shown.getByRole('navigation').getByRole('link', { name: aggregates }).waitFor();
  },
);
