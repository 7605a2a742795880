import { Meter, type Metered } from '@rollcall/local/internal/metering/meter';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { busyCalls } from '../../ops/cost/bill.ts';
import { type Deployed, deployedOf } from '../../ops/cost/deployed.ts';
import { operationsOf } from '../../ops/cost/operations.ts';
import { createPaths, type Member } from '../../ops/cost/paths.ts';
import { startTestCloud, type TestCloud } from '../support/cloud.ts';

/**
 * Upper bounds of the billed write units and the calls of each path per member, with each message in a separate batch.
 * When a path gets cheaper, lower its bounds. A new write needs a reason in docs/decisions/.
 */
const BOUNDS: Record<string, { calls: number; writes: Record<string, number> }> = {
  register: {
    calls: 32,
    writes: {
      'registration-register: TransactWriteItems members': 4,
      'registration-register: TransactWriteItems outbox': 2,
      'registration-register: UpdateItem registration-limits': 1,
      'registration-outbox-relay: BatchWriteItem outbox': 1,
      'sms-consume: UpdateItem sms': 2,
      'sms-consume: UpdateItem sms-limits': 2,
      'points-consume: UpdateItem points': 1,
      'guide-consume: UpdateItem guide': 1,
      // One write per reply, including the receipt. Replies within a second may share a write.
      'registration-replies-consume: UpdateItem members': 4,
    },
  },
  change: {
    calls: 14,
    writes: {
      'registration-change: TransactWriteItems members': 2,
      'registration-change: TransactWriteItems outbox': 2,
      'registration-outbox-relay: BatchWriteItem outbox': 1,
      'sms-consume: UpdateItem sms': 1,
      'points-consume: UpdateItem points': 1,
      'guide-consume: UpdateItem guide': 1,
    },
  },
  redeem: {
    calls: 24,
    writes: {
      'registration-redeem: TransactWriteItems members': 6,
      'registration-redeem: TransactWriteItems members/of-member': 1,
      'registration-redeem: TransactWriteItems outbox': 2,
      'registration-outbox-relay: BatchWriteItem outbox': 1,
      'points-commands-consume: TransactWriteItems points': 4,
      'points-commands-consume: TransactWriteItems points-commands': 4,
      'points-commands-consume: UpdateItem points-commands': 2,
      'sms-commands-consume: UpdateItem sms-commands': 2,
      'sms-commands-consume: UpdateItem sms-limits': 2,
      'registration-outcomes-consume: PutItem members': 1,
    },
  },
  deactivate: {
    calls: 42,
    writes: {
      'registration-deactivate: TransactWriteItems members': 6,
      'registration-deactivate: TransactWriteItems members/of-member': 1,
      'registration-deactivate: TransactWriteItems outbox': 2,
      'registration-outbox-relay: BatchWriteItem outbox': 1,
      'sms-consume: UpdateItem sms': 1,
      'points-consume: UpdateItem points': 1,
      'guide-consume: UpdateItem guide': 1,
      'registration-replies-consume: UpdateItem members': 3,
      'registration-replies-consume: DeleteItem members': 1,
      'registration-replies-consume: DeleteItem members/of-member': 1,
    },
  },
};

/** Tables that instances read or write periodically, regardless of load. */
const PERIODIC_TABLES = new Set(['circuits', 'switches', 'instances']);
const MEMBERS = 3;

let cloud: TestCloud;
let deployed: Deployed;
const metered = new Map<string, Metered>();

/** Processes one member at a time, each until all effects are complete. */
beforeAll(async () => {
  const meter = new Meter();
  deployed = await deployedOf(readAssembly(inject('dev')).stacks);
  cloud = await startTestCloud({ meter, environment: { OTEL_SDK_DISABLED: 'true' } });
  const paths = await createPaths({ cloud, stage: 'dev', concurrency: 1 });
  const measure = async <T>(path: string, members: readonly T[], act: (member: T) => Promise<Member[]>) => {
    meter.readAndReset();
    const after: Member[] = [];
    for (const member of members) after.push(...(await act(member)));
    metered.set(path, meter.readAndReset());
    return after;
  };
  const warm = await paths.register(1);
  await paths.redeem(warm);
  await paths.deactivate(await paths.change(warm));
  const registered = await measure('register', Array(MEMBERS).fill(undefined), () => paths.register(1));
  await measure('redeem', registered, async (member) => {
    await paths.redeem([member]);
    return [member];
  });
  const changed = await measure('change', registered, (member) => paths.change([member]));
  await measure('deactivate', changed, async (member) => {
    await paths.deactivate([member]);
    return [member];
  });
});
afterAll(() => cloud.stop());

/** The operations of a path per member, except those on periodically used tables. */
const operations = (path: string) => {
  const calls = busyCalls(metered.get(path) as Metered, deployed);
  return operationsOf(calls, MEMBERS).filter(({ resource }) => !PERIODIC_TABLES.has(resource));
};

it.each(Object.entries(BOUNDS))(
  'the path %s writes only to the listed tables, and uses at most the listed write units',
  (path, { writes }) => {
    const grown = operations(path).flatMap(({ caller, operation, resource, writeUnits }) => {
      const name = `${caller}: ${operation.replace('dynamodb ', '')} ${resource}`;
      const before = writes[name] ?? 0;
      return writeUnits > before ? [`${name}: ${writeUnits} write units a member, and ${before} are allowed`] : [];
    });
    expect(grown).toEqual([]);
  },
);

it.each(Object.entries(BOUNDS))('the path %s makes at most the allowed number of calls to AWS', (path, { calls }) => {
  const made = operations(path).filter((operation) => operation.calls > 0);
  const all = made.reduce((sum, operation) => sum + operation.calls, 0);
  const list = made.map(({ caller, operation, resource, calls }) => `${calls} ${caller}: ${operation} ${resource}`);
  expect(all, list.join('\n')).toBeLessThanOrEqual(calls);
});

it('the path register writes to the expected tables', () => {
  // Guards against a meter that counts nothing.
  const tables = operations('register')
    .filter(({ writeUnits }) => writeUnits >= 1)
    .map(({ resource }) => resource);
  expect(tables).toEqual(expect.arrayContaining(['members', 'outbox', 'sms', 'points', 'guide']));
});
