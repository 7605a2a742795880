import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { cloudOf } from '../support/cloud.ts';

/**
 * Returns the kind of a grant. Grants of one kind come from the same line of infra/ or packages/cdk, so it is enough if
 * one of them is used. The functions of one consumer get the same grants on resources of other services. All subscribers
 * get the same grants on their own resources, and so do all command consumers.
 */
function kindOf(grant: string): string {
  const [, role = '', action = '', resource = ''] = /^rollcall-dev-(\S+): (\S+) on (.*)$/.exec(grant) ?? [];
  const [, consumer, does] = /^(?!registration-outbox-)(.+)-(consume|sweep)$/.exec(role) ?? [];
  const what = resource.replace(/\/stream\/.*/, '/stream').replace(/:dynoxide:/, ':us-east-1:');
  if (!consumer || !does)
    return `${role.replace(/^registration-outbox-(relay|sweep)$/, 'outbox')}: ${action} on ${what}`;
  if (new RegExp(`[:/-]rollcall-dev-${consumer}(-dlq|-undelivered)?(\\.fifo|/|:|$)`).test(what)) {
    const kind = ['sms', 'points', 'guide'].includes(consumer) ? 'subscriber' : 'command consumer';
    return `a ${kind}'s ${does}: ${action} on its own ${what.replaceAll(`rollcall-dev-${consumer}`, '').replace(/\.fifo$/, '')}`;
  }
  return `${consumer.replace(/-commands$/, '')}, applying: ${action} on ${what}`;
}

it('every grant of every function is used by some test', async () => {
  const folder = inject('usedGrants');
  const files = readdirSync(folder);
  // If this test runs alone, there are no records of used grants. Run all tests.
  expect(files.length).toBeGreaterThan(10);
  const used = new Set(
    files.flatMap((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as string[]).map(kindOf)),
  );
  const { access } = await cloudOf();
  const granted = [...new Set(access.grants().all.map(kindOf))];
  expect(granted.length).toBeGreaterThan(100);
  expect(granted.filter((grant) => !used.has(grant))).toEqual([]);
});
