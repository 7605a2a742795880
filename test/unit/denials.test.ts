import { type Denial, Denials, type DeniedCall } from '@rollcall/local/internal/iam/denials';
import { describe, expect, it } from 'vitest';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/shop-dev-items';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:shop-dev-letters';

const denial = (action: string, resource: string, some: Partial<Denial> = {}): Denial => ({
  ...{ caller: 'shop-dev-place', action, resource, missing: { action, resource } },
  ...some,
});

function denials() {
  const reported: DeniedCall[] = [];
  const seen = new Denials((name) => name === 'shop-dev-place');
  seen.onFirstDenial = (denied) => reported.push(denied);
  return { seen, reported };
}

describe('a denied call of a function', () => {
  it.each<[Denial, string]>([
    [
      denial('dynamodb:PutItem', TABLE),
      `is not allowed to do dynamodb:PutItem on ${TABLE}: grant it where the function is created, with table.allow(fn, 'PutItem') of its ServiceTable`,
    ],
    [
      denial('dynamodb:Query', `${TABLE}/index/by-day`),
      `is not allowed to do dynamodb:Query on ${TABLE}/index/by-day: grant it where the function is created, with table.allowOnIndex(fn, 'by-day', 'Query') of its ServiceTable`,
    ],
    [
      denial('sqs:SendMessage', QUEUE),
      `is not allowed to do sqs:SendMessage on ${QUEUE}: grant it where the function is created, with fn.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: ['${QUEUE}'] }))`,
    ],
    [
      denial('sqs:SendMessage', QUEUE, { missing: { action: 'kms:GenerateDataKey', resource: 'arn:key' } }),
      `is not allowed to do sqs:SendMessage on ${QUEUE}: grant it where the function is created, with fn.addToRolePolicy(new PolicyStatement({ actions: ['kms:GenerateDataKey'], resources: ['arn:key'] })); or, if the key's own policy decides, with allow of its StageKey`,
    ],
    [
      denial('sqs:SendMessage', QUEUE, { missing: undefined }),
      `is not allowed to do sqs:SendMessage on ${QUEUE}: change the policy that denies it explicitly`,
    ],
  ])('is reported with the missing grant: %j', (one, reason) => {
    const { seen, reported } = denials();
    seen.record(one);
    expect(reported).toEqual([{ functionName: 'shop-dev-place', reason }]);
    expect(seen.all).toEqual([`shop-dev-place ${reason}`]);
  });

  it('is reported once, and again after the next deployment', () => {
    const { seen, reported } = denials();
    seen.record(denial('dynamodb:PutItem', TABLE));
    seen.record(denial('dynamodb:PutItem', TABLE));
    expect(reported).toHaveLength(1);
    seen.record(denial('dynamodb:GetItem', TABLE));
    expect(reported).toHaveLength(2);
    seen.clear();
    expect(seen.all).toEqual([]);
    seen.record(denial('dynamodb:PutItem', TABLE));
    expect(reported).toHaveLength(3);
  });

  it('is not attributed to a function if another caller uses its role', () => {
    const { seen, reported } = denials();
    seen.record(denial('dynamodb:PutItem', TABLE, { caller: 'test' }));
    expect([reported, seen.all]).toEqual([[], []]);
  });
});
