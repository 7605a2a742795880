import { describe, expect, it } from 'vitest';
import { journeyHandlers, journeys } from '../../functions/guide/journey.ts';
import { accountHandlers } from '../../functions/points/account.ts';
import { ledgerOf } from '../../functions/points/ledger.ts';
import { createRules } from '../../functions/points/rules.ts';
import { oneSegment } from '../../functions/sms/segments.ts';
import { welcomeText } from '../../functions/sms/templates.ts';
import type { RegistrationBonus } from '../../shared/config/registration-bonus.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { closestLocale } from '../../shared/localization.ts';
import { createCorrespondence } from '../../shared/messaging/correspondence.ts';
import { readMessage } from '../../shared/messaging/message.ts';
import { memberIdOf, profileChanged, registered, TIME } from '../support/builders.ts';

const now = () => TIME;
const surroundings = {
  now,
  correspondence: createCorrespondence({ source: '/test', channels: { replies: 'url' }, now, newId: () => 'reply' }),
};

describe('welcome text', () => {
  it.each([
    ['en-GB', 'Welcome'],
    ['es-MX', 'bienvenida'],
    ['zh-CN', '欢迎'],
    ['zh-TW', 'Welcome'],
    ['de', 'Welcome'],
  ])('for %s says %s', (locale, word) => {
    expect(welcomeText(locale).text).toContain(word);
  });
});

describe('a text of one segment', () => {
  it.each([
    ['as it is, if it fits', 'Welcome, Ana!', 'Welcome, Ana!'],
    ['160 characters of GSM 03.38', 'a'.repeat(200), `${'a'.repeat(157)}...`],
    ['70 of any other', '好'.repeat(80), `${'好'.repeat(69)}…`],
    ['and no half of a character', '👩‍👩‍👧'.repeat(10), `${'👩‍👩‍👧'.repeat(8)}…`],
  ])('is %s', (_, given, expected) => {
    expect(oneSegment(given)).toBe(expected);
  });
});

describe('closest locale', () => {
  it('prefers the very tag, then the language in the same script, then the fallback', () => {
    const available = ['en', 'pt', 'pt-BR', 'zh-CN'];
    expect(['pt-BR', 'pt-PT', 'zh', 'zh-Hant', 'ja'].map((wanted) => closestLocale(wanted, available, 'en'))).toEqual([
      'pt-BR',
      'pt',
      'zh-CN',
      'en',
      'en',
    ]);
  });
});

describe('points', () => {
  const returning: ReturnType<typeof registered> = {
    ...registered(),
    replyto: 'replies',
    data: { ...registered().data, returning: true },
  };
  async function credited(bonus: RegistrationBonus, message: ReturnType<typeof registered>) {
    const handlers = accountHandlers({ bonus: async () => bonus, ...surroundings });
    return (await handlers['rollcall.member.registered.v1']?.(message, false)) ?? {};
  }

  const opening = (points: number) => ({
    messageId: registered().id,
    points,
    reason: 'registration',
    at: registered().time,
  });

  it('credits the bonus to ledger and balance together, by no write but that of the account', async () => {
    const effect = await credited({ points: 250, oncePerPhone: true }, registered());
    expect(effect.set).toEqual({ balance: 250, accountState: 'open', opening: opening(250) });
    expect(effect).not.toHaveProperty('writes');
  });

  it('has the bonus as the first entry of the ledger', () => {
    const redeemed = { points: -40, reason: 'redemption', at: 'later' };
    const account = { pk: memberIdOf(1), sk: 'account', balance: 210, opening: opening(250) };
    const others = [{ sk: 'ledger#m', ...redeemed }, { sk: 'parked#1' }];
    expect(ledgerOf([account, ...others])).toEqual([opening(250), { messageId: 'm', ...redeemed }]);
    // Of a registration that was dropped, since its member had left.
    expect(ledgerOf([{ sk: 'account', accountState: 'closed' }])).toEqual([]);
  });

  it('credits none to a phone that comes back, in ledger and balance together, and says why', async () => {
    const { set, send } = await credited({ points: 250, oncePerPhone: true }, returning);
    expect(set).toEqual({ balance: 0, accountState: 'open', opening: opening(0) });
    expect(JSON.parse(send?.[0]?.body ?? '').data.summary).toBe('0 points credited: the bonus is given once a phone');
  });

  it('credits it each time where the rule is another', async () => {
    const { set } = await credited({ points: 250, oncePerPhone: false }, returning);
    expect(set).toMatchObject({ balance: 250, opening: { points: 250 } });
  });

  it('reads the bonus from the rules once a minute, and falls back to the default', async () => {
    let reads = 0;
    let rule: Partial<RegistrationBonus> | undefined;
    let now = 0;
    const client = {
      send: async () => {
        reads++;
        return { Item: rule };
      },
    } as never;
    const defaults = { points: 100, oncePerPhone: true };
    const rules = createRules({ client, tableName: 'points', defaults, now: () => new Date(now) });
    expect([await rules.registrationBonus(), await rules.registrationBonus(), reads]).toEqual([defaults, defaults, 1]);
    rule = { points: 7 };
    now = 60_000;
    expect([await rules.registrationBonus(), reads]).toEqual([{ points: 7, oncePerPhone: true }, 2]);
    rule = { oncePerPhone: false };
    now = 120_000;
    expect(await rules.registrationBonus()).toEqual({ points: 100, oncePerPhone: false });
  });
});

describe('guide', () => {
  it('has the same steps in the same order in every language', () => {
    const ids = Object.values(journeys).map(({ steps }) => steps.map(({ id }) => id));
    for (const other of ids) expect(other).toEqual(ids[0]);
  });

  it('starts in the closest language and follows the profile', async () => {
    const handlers = journeyHandlers(surroundings);
    const event = readMessage(registered(), [memberRegisteredV2]);
    const started = await handlers['rollcall.member.registered.v2']?.(event, false);
    expect(started?.set).toMatchObject({ journeyLocale: 'es', addressee: 'Lucía' });
    const changed = await handlers['rollcall.member.profile-changed.v1']?.(
      profileChanged(memberIdOf(1), 2, 'zh'),
      false,
    );
    expect(changed?.set).toEqual({ journeyLocale: 'zh-CN', addressee: 'Lucía' });
  });
});
