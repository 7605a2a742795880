import { join } from 'node:path';
import { type Cloud, startCloud } from '@rollcall/local';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { smsSandbox } from '../../../ops/sms-sandbox/sandbox.ts';
import { runNode } from '../../../test/support/run.ts';

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ app: import.meta.dirname, beside: [smsSandbox()] });
});
afterAll(() => cloud.stop());

it('a new member gets a coupon for thirty days in addition to all other effects, and the coupon is erased when the member leaves', async () => {
  const registered = await cloud.request('POST', '/v1/members', { phone: '+34612345678', name: 'Lucía', locale: 'es' });
  expect(registered.status).toBe(201);
  const { id, registeredAt, _links } = registered.body;
  await cloud.settled();
  const [coupon] = await cloud.applied('coupons', id);
  expect(coupon).toMatchObject({ version: 1, percent: 10, coupon: expect.stringMatching(/^WELCOME-[0-9A-F]{8}$/) });
  expect(Date.parse(coupon?.validUntil as string) - Date.parse(registeredAt)).toBe(30 * 24 * 60 * 60 * 1_000);
  for (const service of ['sms', 'points', 'guide'])
    expect(await cloud.applied(service, id)).toMatchObject([{ version: 1 }]);

  const authorization = `Bearer ${await cloud.issuer.token({ sub: id })}`;
  expect((await cloud.request('DELETE', _links.self.href, undefined, { authorization })).status).toBe(204);
  await cloud.settled();
  const [erased] = await cloud.applied('coupons', id);
  expect(erased).toMatchObject({ version: 2, erasedAt: expect.any(String) });
  expect(erased).not.toHaveProperty('coupon');
});

it('the demo counts one coupon for each member', async () => {
  const main = join(import.meta.dirname, '../demo/main.ts');
  const options = [main, '--endpoint', cloud.endpointUrl, '--members', '5', '--json'];
  const { code, stdout } = await runNode(['--disable-warning=ExperimentalWarning', ...options]);
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    { registered: 5, further: { coupons: 5 }, lost: 0, duplicated: 0 },
  ]);
});
