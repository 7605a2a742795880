import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { randomOf } from '@rollcall/kit/internal/testing/simulation/random';
import { errorAnswer, partialBatchOf } from '@rollcall/local/internal/faults/faulty-call';
import { describe, expect, it } from 'vitest';
import { createFaults, type FaultLevel, type Report } from '../../ops/chaos/faults.ts';
import { checkAll, checkFailures, type Snapshot } from '../../ops/chaos/verdict.ts';

const at = '2026-11-21T10:00:01.000Z';

/** The state of all services after one member registered, redeemed points and changed their profile once. */
function whole(): Snapshot {
  const parked = {
    aggregateId: 'm',
    version: 1,
    messageId: '00c8',
    body: '{}',
    reason: 'failed',
    attempts: 1,
    parkedAt: at,
  };
  return {
    accepted: [
      { member: { id: 'm', phone: '+1', locale: 'es', version: 2 }, askedAt: Date.parse(at) - 1_000, httpMs: 5 },
    ],
    holdings: {
      texts: ['1', '3'].map((idempotencyKey) => ({ to: '+1', receivedAt: at, idempotencyKey })),
      items: {
        sms: [{ pk: 'm', sk: 'contact', version: 2 }],
        points: [
          {
            pk: 'm',
            sk: 'account',
            version: 2,
            balance: 60,
            opening: { messageId: '1', points: 100, reason: 'registration' },
          },
          { pk: 'm', sk: 'ledger#2', points: -40, reason: 'redemption' },
        ],
        guide: [{ pk: 'm', sk: 'journey', version: 2, startedAt: at, journeyLocale: 'es' }],
      },
    },
    redemptions: [{ id: 'o', memberId: 'm', points: 40 }],
    formerMembers: [],
    members: [
      { pk: 'member#m', sk: '', version: 2 },
      {
        ...{ pk: 'operation#o', sk: '', progress: { state: 'completed' }, unknown: [], undone: [] },
        data: { answer: { outcome: 'succeeded' } },
      },
      {
        ...{ pk: 'onboarding#m', sk: '' },
        ...{
          'answer#/rollcall/sms#welcome-sms': {},
          'answer#/rollcall/points#bonus': {},
          'answer#/rollcall/guide#guide': {},
        },
      },
    ],
    parked: new Map([['sms', [parked as never]]]),
    observed: {
      faults: [],
      kills: 0,
      published: [1, 1, 2, 1].map((version) => ({ aggregateId: 'm', version })),
    },
  };
}

describe('the verdict of chaos', () => {
  it('finds no violation if each effect exists once and versions were published in order', () => {
    expect(checkAll(whole())).toEqual([]);
  });

  it.each<[string, string, (seen: Snapshot) => unknown]>([
    ['G1', 'an effect that is lost', ({ holdings }) => holdings.items.guide.pop()],
    [
      'G1',
      'a version that was never applied',
      ({ holdings }) => Object.assign(holdings.items.sms[0] ?? {}, { version: 1 }),
    ],
    [
      'G1',
      'a further subscriber that applied nothing',
      ({ holdings }) => Object.assign(holdings.items, { letters: [] }),
    ],
    [
      'G1',
      'an effect without a member',
      ({ holdings }) => holdings.items.sms.push({ pk: 'x', sk: 'contact', version: 1 }),
    ],
    [
      'G2',
      'a version published before its predecessor',
      ({ observed }) => observed.published.shift() && observed.published.shift(),
    ],
    [
      'G3',
      'points credited twice',
      ({ holdings }) => holdings.items.points.push({ pk: 'm', sk: 'ledger#3', points: 100, reason: 'registration' }),
    ],
    [
      'G1',
      'an operation that never ended',
      ({ members }) => Object.assign(members[1] ?? {}, { progress: { state: 'running' } }),
    ],
    ['G1', 'an operation that cannot be read', ({ members }) => delete members[1]?.data],
    [
      'G1',
      'a missing reply of one service beside a reply of another',
      ({ members }) => {
        delete members[2]?.['answer#/rollcall/sms#welcome-sms'];
        Object.assign(members[2] ?? {}, { 'answer#/rollcall/letters#letter': {} });
      },
    ],
    [
      'G3',
      'a redemption whose points were deducted twice',
      ({ holdings }) => holdings.items.points.push({ pk: 'm', sk: 'ledger#4', points: -40, reason: 'redemption' }),
    ],
    ['G5', 'a redemption without an SMS', ({ holdings }) => holdings.texts.pop()],
    ['G3', 'a version that was skipped', ({ holdings }) => Object.assign(holdings.items.sms[0] ?? {}, { baseline: 2 })],
    [
      'G3',
      'changes applied in the wrong order',
      ({ holdings }) => Object.assign(holdings.items.guide[0] ?? {}, { journeyLocale: 'en' }),
    ],
    ['G1', 'a change that was never committed', ({ members }) => Object.assign(members[0] ?? {}, { version: 1 })],
    ['G2', 'a version that was never published', ({ observed }) => observed.published.splice(2)],
    [
      'G5',
      'an SMS with another key',
      ({ holdings }) => Object.assign(holdings.texts[0] ?? {}, { idempotencyKey: 'x' }),
    ],
    ['G5', 'an extra SMS', ({ holdings }) => holdings.texts.push({ to: '+1', receivedAt: at, idempotencyKey: '1' })],
    [
      'G6',
      'a member without an accepted request',
      ({ members }) => (members as unknown[]).push({ pk: 'member#y', sk: '' }),
    ],
  ])('finds %s violated: %s', (guarantee, _, spoil) => {
    const seen = whole();
    spoil(seen);
    expect(checkAll(seen).map((violation) => violation.guarantee)).toContain(guarantee);
  });

  it.each<[string, (seen: Snapshot) => unknown]>([
    ['has not confirmed', ({ members }) => delete members.find(({ pk }) => pk === 'erasure#x')?.['confirmed#guide']],
    ['contains their phone or name', ({ holdings }) => Object.assign(holdings.items.sms[1] ?? {}, { phone: '+2' })],
    [
      'operation#y still exists',
      ({ members }) => (members as object[]).push({ pk: 'operation#y', sk: '', memberId: 'x' }),
    ],
  ])('finds G1 violated for a member who left: %s', (what, spoil) => {
    const seen = whole();
    (seen.formerMembers as object[]).push({ id: 'x', phone: '+2', name: 'Ana' });
    const confirmed = { 'confirmed#sms': {}, 'confirmed#points': {}, 'confirmed#guide': {} };
    (seen.members as object[]).push({ pk: 'member#x', sk: '', version: 1 }, { pk: 'erasure#x', sk: '', ...confirmed });
    seen.observed.published.push({ aggregateId: 'x', version: 1 });
    for (const [service, sk] of [
      ['sms', 'contact'],
      ['points', 'account'],
      ['guide', 'journey'],
    ] as const)
      seen.holdings.items[service].push({ pk: 'x', sk, version: 1 });
    expect(checkAll(seen)).toEqual([]);
    spoil(seen);
    expect(checkAll(seen).map((violation) => violation.what)).toEqual([expect.stringContaining(what)]);
  });

  it('accepts that a failed message and its successors are parked', () => {
    const seen = whole();
    seen.holdings.items.sms.length = 0;
    const [failed] = seen.parked.get('sms') ?? [];
    (seen.parked as Map<string, unknown>).set('sms', [failed, { ...failed, version: 2, reason: 'gap' }]);
    expect(checkFailures(seen, 200)).toEqual([]);
  });

  it.each<[string, (parked: any[]) => unknown]>([
    ['a successor that is neither applied nor parked', (parked) => parked.pop()],
    ['a member whose parked messages include no failed one', (parked) => Object.assign(parked[0], { reason: 'gap' })],
    [
      'a message that is parked as failed although it was not refused',
      (parked) => Object.assign(parked[0], { messageId: '00c9' }),
    ],
  ])('finds G4 violated: %s', (_, spoil) => {
    const seen = whole();
    seen.holdings.items.sms.length = 0;
    const [failed] = seen.parked.get('sms') ?? [];
    const parked = [failed, { ...failed, version: 2, reason: 'gap' }];
    spoil(parked);
    (seen.parked as Map<string, unknown>).set('sms', parked);
    expect(checkFailures(seen, 200).map(({ guarantee }) => guarantee)).toContain('G4');
  });
});

describe('the verdict on commands and replies', () => {
  it.each<[string, string, object, number]>([
    ['a command that is parked for a retry', 'points-commands', { reason: 'retry' }, 1],
    ['a reply that failed', 'registration-replies', {}, 1],
    ['an SMS that failed without being refused', 'sms-commands', { messageId: '00c9' }, 1],
    ['an SMS that the gateway refuses', 'sms-commands', {}, 0],
    [
      'an SMS to a member whose registration was refused',
      'sms-commands',
      { messageId: '00c9', reason: 'retry', body: '{"subject":"m"}' },
      0,
    ],
  ])('classifies %s', (_, consumer, change, violations) => {
    const seen = whole();
    const [failed] = seen.parked.get('sms') ?? [];
    const one = { ...failed, aggregateId: 'c', body: '{"subject":"other"}', ...change };
    (seen.parked as Map<string, unknown>).set(consumer, [one]);
    expect(checkFailures(seen, 200).filter(({ what }) => what.startsWith(consumer))).toHaveLength(violations);
  });
});

describe('faults', () => {
  const faultsIn = (faultLevel: FaultLevel, reports: Report[] = []) =>
    createFaults({
      random: randomOf(7),
      faultLevel: () => faultLevel,
      rejectOneIn: 200,
      report: (report) => void reports.push(report),
    });

  it('are the same for the same seed', () => {
    const draw = () => {
      const faults = faultsIn('all');
      return Array.from({ length: 2_000 }, () => faults.call('dynamodb', 'UpdateItem'));
    };
    expect(draw()).toEqual(draw());
    expect(draw().filter(Boolean).length).toBeGreaterThan(20);
  });

  it('are reported when they occur', () => {
    const reports: Report[] = [];
    faultsIn('all', reports).happened('sns PublishBatch: refused');
    expect(reports).toMatchObject([{ fault: 'sns PublishBatch: refused' }]);
  });

  it('do not affect calls without which the cloud cannot start, and do not occur in a calm phase', () => {
    const allFaults = faultsIn('all');
    const noFaults = faultsIn('none');
    const rejections = faultsIn('rejections');
    for (let index = 0; index < 2_000; index++) {
      expect(allFaults.call('dynamodb', 'CreateTable')).toBeUndefined();
      expect(noFaults.call('dynamodb', 'PutItem')).toBeUndefined();
      expect(rejections.death('any')).toBeUndefined();
      expect(noFaults.text('key-0000')).toBeUndefined();
    }
    // One of 200 keys is refused: a key whose last four hexadecimal digits are a multiple of 200.
    expect(rejections.text('key-00c8')).toBe('refuses');
    expect(rejections.text('key-00c9')).toBeUndefined();
  });

  it('record the messages that the broker accepted', () => {
    const reports: Report[] = [];
    const message = JSON.stringify({ subject: 'm', sequence: '0000000000000002' });
    const request = new URLSearchParams({ 'PublishBatchRequestEntries.member.1.Message': message }).toString();
    faultsIn('none', reports).answered('PublishBatch', request, '<Successful/><Failed/>');
    expect(reports).toEqual([{ published: [{ aggregateId: 'm', version: 2 }] }]);
  });
});

describe('a faulty call', () => {
  it('leaves every second item of a batch unprocessed, and reports this', () => {
    const request = JSON.stringify({ RequestItems: { outbox: [1, 2, 3] } });
    const partial = partialBatchOf('BatchWriteItem', request);
    expect(JSON.parse(partial?.request ?? '')).toEqual({ RequestItems: { outbox: [1, 3] } });
    expect(JSON.parse(partial?.complete('{"UnprocessedItems":{}}') ?? '')).toEqual({
      UnprocessedItems: { outbox: [2] },
    });
    expect(partialBatchOf('BatchWriteItem', JSON.stringify({ RequestItems: { outbox: [1] } }))).toBeUndefined();
    const ofTwo = partialBatchOf(
      'BatchWriteItem',
      JSON.stringify({ RequestItems: { outbox: [1, 2, 3], sms: [4, 5] } }),
    );
    expect(JSON.parse(ofTwo?.request ?? '')).toEqual({ RequestItems: { outbox: [1, 3], sms: [5] } });
    expect(JSON.parse(ofTwo?.complete('{}') ?? '')).toEqual({ UnprocessedItems: { outbox: [2], sms: [4] } });
  });

  it('leaves every second message of a batch unpublished, and reports this', () => {
    const request = new URLSearchParams({ Action: 'PublishBatch' });
    for (const position of [1, 2, 3]) {
      request.set(`PublishBatchRequestEntries.member.${position}.Id`, `id${position}`);
      request.set(`PublishBatchRequestEntries.member.${position}.Message`, `m${position}`);
    }
    const partial = partialBatchOf('PublishBatch', request.toString());
    expect([...new URLSearchParams(partial?.request)]).toEqual([
      ['Action', 'PublishBatch'],
      ['PublishBatchRequestEntries.member.1.Id', 'id1'],
      ['PublishBatchRequestEntries.member.1.Message', 'm1'],
      ['PublishBatchRequestEntries.member.2.Id', 'id3'],
      ['PublishBatchRequestEntries.member.2.Message', 'm3'],
    ]);
    expect(partial?.complete('<R><Failed/></R>')).toContain('<Failed><member><Id>id2</Id><Code>InternalError</Code>');
  });

  it.each([
    ['refused', 'dynamodb', 500, 'InternalServerError'],
    ['throttled', 'dynamodb', 400, 'ProvisionedThroughputExceededException'],
    ['throttled', 'sqs', 400, 'ThrottlingException'],
    ['answer lost', 'sns', 500, '<Code>InternalServerError</Code>'],
  ] as const)('gets the error response of the service: %s by %s', (kind, service, status, code) => {
    const answer = errorAnswer(kind, service, '{}');
    expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(code)]);
  });

  it('names the conflict of a transaction', () => {
    const { body } = errorAnswer('conflict', 'dynamodb', JSON.stringify({ TransactItems: [{}, {}] }));
    expect(JSON.parse(body)).toMatchObject({
      CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
    });
  });
});

it.each(['SIGINT', 'SIGTERM'] as const)('the folder of a run is deleted when %s ends the run', async (signal) => {
  const script = `
    const { temporaryFolder } = await import('${import.meta.dirname}/../../ops/chaos/folder.ts');
    setInterval(() => {}, 1_000);
    console.log(temporaryFolder('${tmpdir()}', 'rollcall-folder-'));`;
  const run = spawn(process.execPath, ['--input-type=module', '--eval', script]);
  const [folder] = (await once(createInterface({ input: run.stdout }), 'line')) as [string];
  expect(existsSync(folder)).toBe(true);
  run.kill(signal);
  expect(await once(run, 'exit')).toEqual([130, null]);
  expect(existsSync(folder)).toBe(false);
});
