import { percentile } from 'rollcall/internal/percentile';
import { describe, expect, it } from 'vitest';
import { compareRedemptions } from '../../ops/demo/redemptions.ts';
import type { Accepted } from '../../ops/demo/registrations.ts';
import type { Holdings, Item } from '../../ops/demo/services.ts';
import { compare } from '../../ops/demo/verdict.ts';

describe('verdict', () => {
  const at = '2026-11-21T10:00:01.000Z';
  const askedAt = Date.parse('2026-11-21T10:00:00.000Z');
  const accepted = [{ member: { id: 'm', phone: '+1', locale: 'es', version: 1 }, askedAt, httpMs: 5 }];
  const whole = (): Holdings => ({
    texts: [{ to: '+1', receivedAt: at, idempotencyKey: '1' }],
    items: {
      sms: [{ pk: 'm', sk: 'contact', version: 1 }],
      points: [
        {
          pk: 'm',
          sk: 'account',
          version: 1,
          balance: 100,
          appliedAt: at,
          opening: { messageId: '1', points: 100, reason: 'registration' },
        },
      ],
      guide: [{ pk: 'm', sk: 'journey', version: 1, startedAt: at, journeyLocale: 'es', appliedAt: at }],
    },
  });

  it('finds no violation if each effect exists once', () => {
    expect(compare(accepted, whole())).toEqual({
      sms: 1,
      points: 1,
      guides: 1,
      further: {},
      lost: 0,
      lostBy: {},
      duplicated: 0,
      outOfOrder: 0,
      endToEndMs: [1000],
    });
  });

  it.each<[string, (held: Holdings) => void, Partial<ReturnType<typeof compare>>]>([
    ['an SMS that was never sent', (held) => held.texts.pop(), { lost: 1 }],
    [
      'an SMS that was sent twice',
      (held) => held.texts.push({ to: '+1', receivedAt: at, idempotencyKey: '1' }),
      { duplicated: 1 },
    ],
    ['an account that was never opened', (held) => held.items.points.splice(0), { lost: 1 }],
    ['a bonus that was never credited', (held) => delete held.items.points[0]?.opening, { lost: 1 }],
    [
      'a bonus that was credited twice',
      (held) => held.items.points.push({ pk: 'm', sk: 'ledger#2', points: 100, reason: 'registration' }),
      { duplicated: 1 },
    ],
    [
      'a balance that does not add up',
      (held) => Object.assign(held.items.points[0] ?? {}, { balance: 200 }),
      { duplicated: 1 },
    ],
    ['a guide that is missing', (held) => held.items.guide.pop(), { lost: 1 }],
    ['a service without the member', (held) => held.items.sms.pop(), { lost: 1 }],
    [
      'a version that was skipped',
      (held) => Object.assign(held.items.sms[0] ?? {}, { baseline: 2 }),
      { outOfOrder: 1 },
    ],
    [
      'the state of an older version',
      (held) => Object.assign(held.items.guide[0] ?? {}, { journeyLocale: 'en' }),
      { outOfOrder: 1 },
    ],
  ])('finds %s', (_, damage, finding) => {
    const held = whole();
    damage(held);
    expect(compare(accepted, held)).toMatchObject(finding);
  });

  it.each<[string, string, (held: Holdings) => unknown, object]>([
    ['without data of a member', 'letters', (held) => Object.assign(held.items, { letters: [] }), { letters: 1 }],
    [
      'that is at an older version, with the next one parked',
      'letters',
      (held) => {
        const parked = { pk: 'm', sk: 'parked#0000000000000002#x', version: 2, reason: 'held' };
        Object.assign(held.items, { letters: [{ pk: 'm', sk: 'letter', version: 1 }, parked] });
      },
      { letters: 1 },
    ],
    ['whose effect is missing', 'guide', (held) => held.items.guide.pop(), { guide: 1 }],
  ])('names a subscriber %s: %s', (_, __, damage, lostBy) => {
    const held = whole();
    for (const all of Object.values(held.items)) Object.assign(all[0] ?? {}, { version: 2 });
    damage(held);
    const [one] = accepted;
    const changed = accepted.map(() => ({ ...one, member: { ...one?.member, version: 2 } }) as Accepted);
    expect(compare(changed, held)).toMatchObject({ lost: 1, lostBy });
  });

  it('accepts a further subscriber that has applied everything', () => {
    const held = whole();
    held.items.letters = [{ pk: 'm', sk: 'letter', version: 1 }];
    expect(compare(accepted, held)).toMatchObject({ lost: 0, lostBy: {} });
  });

  it.each<[string, object[], object]>([
    ['once', [{ stamp: 1 }], { further: { letters: 1 }, lost: 0, lostBy: {}, duplicated: 0 }],
    ['never', [{}], { further: { letters: 0 }, lost: 1, lostBy: { letters: 1 }, duplicated: 0 }],
    ['twice', [{ stamp: 1 }, { stamp: 2 }], { further: { letters: 2 }, lost: 0, duplicated: 1 }],
  ])('counts an effect that a further subscriber has written %s', (_, letters, expected) => {
    const held = whole();
    const cursor = { pk: 'm', sk: 'letters', version: 1 };
    held.items.letters = [cursor, ...letters.map((letter, index) => ({ pk: 'm', sk: `letter#${index}`, ...letter }))];
    const further = { letters: (items: readonly object[]) => items.filter((item) => 'stamp' in item).length };
    expect(compare(accepted, held, further)).toMatchObject(expected);
  });

  it('expects one SMS for the registration, and one more for every redemption', () => {
    const held = whole();
    held.items.points.push({ pk: 'm', sk: 'ledger#2', points: -40, reason: 'redemption' });
    Object.assign(held.items.points[0] ?? {}, { balance: 60 });
    expect(compare(accepted, held)).toMatchObject({ points: 1, lost: 1, duplicated: 0 });
    held.texts.push({ to: '+1', receivedAt: at, idempotencyKey: '2' });
    expect(compare(accepted, held)).toMatchObject({ lost: 0, duplicated: 0 });
  });

  it('computes percentiles by nearest rank', () => {
    expect([percentile([], 0.5), percentile([3, 1, 2], 0.5), percentile([1, 2, 3, 4], 0.99)]).toEqual([0, 2, 4]);
  });
});

describe('the verdict on redemptions', () => {
  const requested = [{ id: 'o', memberId: 'm', points: 40 }];
  const operation = (state: string, more: object = {}) => [
    { pk: 'operation#o', sk: '', data: {}, progress: { state }, unknown: [], undone: [], ...more },
  ];
  const ledger = (...reasons: string[]) => ({
    points: reasons.map((reason) => ({ pk: 'm', sk: `ledger#${reason}`, reason })),
  });
  const done = operation('completed', { data: { answer: { outcome: 'succeeded' } } });
  const failed = operation('failed', { data: { answer: { outcome: 'not-enough-points' } } });
  const undone = operation('failed', { undone: ['redeem'] });

  it.each<[string, Item[], string[], object]>([
    ['that succeeded', done, ['redemption'], { succeeded: 1, lost: 0, duplicated: 0 }],
    ['that failed', failed, [], { failed: 1, lost: 0, duplicated: 0 }],
    ['that was undone', undone, ['redemption', 'return'], { expired: 1, lost: 0, duplicated: 0 }],
    ['that expired and was refused afterwards', operation('failed'), [], { expired: 1, lost: 0, duplicated: 0 }],
    ['without a reply', operation('running'), [], { lost: 1 }],
    ['that failed without a reply', operation('failed', { unknown: ['redeem'] }), [], { lost: 1 }],
    ['whose points were not returned', operation('compensating'), ['redemption'], { lost: 1 }],
    ['whose points were deducted twice', done, ['redemption', 'redemption'], { duplicated: 1 }],
    ['that failed although its points were deducted', failed, ['redemption'], { duplicated: 1 }],
    ['that was undone twice', undone, ['redemption', 'return', 'return'], { duplicated: 1 }],
    ['that succeeded although no points were deducted', done, [], { duplicated: 1 }],
  ])('recognizes a redemption %s', (_, operations, entries, expected) => {
    expect(compareRedemptions(requested, operations, ledger(...entries))).toMatchObject(expected);
  });

  it('recognizes a missing redemption', () => {
    expect(compareRedemptions(requested, [], ledger())).toMatchObject({ lost: 1 });
  });
});
