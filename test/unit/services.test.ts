import { createCorrespondence } from '@rollcall/kit/internal/messaging/correspondence';
import { outboxRowOf } from '@rollcall/kit/internal/messaging/draft';
import { handlersOf } from '@rollcall/kit/internal/messaging/handlers';
import { readEnvelope, readMessage } from '@rollcall/kit/internal/messaging/message';
import { describe, expect, it } from 'vitest';
import { journeyHandlers, journeys } from '../../functions/guide/journey.ts';
import { accountHandlers } from '../../functions/points/account.ts';
import { ledgerOf } from '../../functions/points/ledger.ts';
import { createRules } from '../../functions/points/rules.ts';
import { register } from '../../functions/registration/member.ts';
import { commandHandlers } from '../../functions/sms/commands.ts';
import { oneSegment } from '../../functions/sms/segments.ts';
import { welcomeText } from '../../functions/sms/templates.ts';
import type { SendText } from '../../functions/sms/texting.ts';
import { welcomeHandlers } from '../../functions/sms/welcome.ts';
import type { RegistrationBonus } from '../../shared/config/registration-bonus.ts';
import { memberEvents } from '../../shared/contracts/channels.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { countryOf } from '../../shared/contracts/phone.ts';
import { closestLocale } from '../../shared/localization.ts';
import { contextWithoutState, memberIdOf, profileChanged, registered, TIME } from '../support/builders.ts';

const now = () => TIME;
const context = {
  now,
  correspondence: createCorrespondence({ source: '/test', channels: { replies: 'url' } }),
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

describe('an SMS of one segment', () => {
  it.each([
    ['unchanged if it fits', 'Welcome, Ana!', 'Welcome, Ana!'],
    ['at most 160 characters long if all are in GSM 03.38', 'a'.repeat(200), `${'a'.repeat(157)}...`],
    ['at most 70 characters long if some are not in GSM 03.38', '好'.repeat(80), `${'好'.repeat(69)}…`],
    ['without half a character at its end', '👩‍👩‍👧'.repeat(10), `${'👩‍👩‍👧'.repeat(8)}…`],
  ])('is %s', (_, given, expected) => {
    expect(oneSegment(given)).toBe(expected);
  });
});

describe('closest locale', () => {
  it('prefers the same tag, then the language in the same script, then the fallback', () => {
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
    const handlers = handlersOf(accountHandlers({ bonus: async () => bonus, ...context }));
    const { handle, follows } = handlers(memberRegisteredV2.type) ?? {};
    const event = readMessage(message, [memberRegisteredV2]);
    const { set = {} } = (await handle?.(event, contextWithoutState)) ?? {};
    return { set, answers: follows?.(event, set) ?? [] };
  }
  const opened = (points: number) => ({
    ...{ balance: points, accountState: 'open', openedAt: TIME.toISOString() },
    opening: { messageId: registered().id, points, reason: 'registration', at: TIME.toISOString() },
  });

  it('credits the bonus to ledger and balance in the single write of the account', async () => {
    const { set } = await credited({ points: 250, oncePerPhone: true }, registered());
    expect(set).toEqual(opened(250));
  });

  it('has the bonus as the first entry of the ledger', () => {
    const redeemed = { points: -40, reason: 'redemption', at: 'later' };
    const account = { pk: memberIdOf(1), sk: 'account', balance: 210, opening: opened(250).opening };
    const others = [{ sk: 'ledger#m', ...redeemed }, { sk: 'parked#1' }];
    expect(ledgerOf([account, ...others])).toEqual([opened(250).opening, { messageId: 'm', ...redeemed }]);
    // The registration was dropped, because the member had left.
    expect(ledgerOf([{ sk: 'account', accountState: 'closed' }])).toEqual([]);
  });

  it('credits no bonus to a returning phone, in ledger and balance, and gives the reason', async () => {
    const { set, answers } = await credited({ points: 250, oncePerPhone: true }, returning);
    expect(set).toEqual(opened(0));
    expect(JSON.parse(answers[0]?.body ?? '').data.summary).toBe(
      '0 points credited: the bonus is given once per phone',
    );
  });

  it('credits the bonus each time if the rule allows it', async () => {
    const { set } = await credited({ points: 250, oncePerPhone: false }, returning);
    expect(set).toEqual(opened(250));
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

describe('the country of a phone', () => {
  const registration = { phone: '+34612345678', name: 'Lucía García', locale: 'es' };
  const eventSaying = (country: string | undefined) => {
    const { events } = register(memberIdOf(1), registration, TIME, { country, returning: false });
    const place = { source: '/rollcall/registration', subject: memberIdOf(1), aggregateId: memberIdOf(1), version: 1 };
    const { messages } = outboxRowOf(memberEvents, events[0], place, { now: TIME, newId: () => 'event' });
    return readMessage(readEnvelope(messages[0]?.body ?? ''), [memberRegisteredV2]);
  };
  /** The stored effect of a registration, and the countries of its SMS and of a later SMS. */
  async function textsAfter(country: string | undefined) {
    const countries: unknown[] = [];
    const sendText: SendText = async (text) => {
      countries.push(text.country);
      return 'accepted';
    };
    const pseudonym = async () => 'pseudonym';
    const welcome = handlersOf(welcomeHandlers({ sendText, pseudonym, ...context }))(memberRegisteredV2.type);
    const { set, call } = (await welcome?.handle(eventSaying(country), contextWithoutState)) ?? {};
    await call?.(false);
    const client = { send: async () => ({ Item: { ...set, version: 1 } }) } as never;
    const command = commandHandlers({ client, contactsTable: 'sms', sendText })['rollcall.sms.send.v1'];
    const later = { id: 'later', subject: memberIdOf(1), time: TIME.toISOString(), data: { texts: { en: 'Hello' } } };
    const reaction = typeof command === 'function' ? await command(later as never, contextWithoutState) : undefined;
    await reaction?.call?.(false);
    return { countries, stored: set };
  }

  it('is in the registration, and is stored for later SMS', async () => {
    const { countries, stored } = await textsAfter('ES');
    expect([countries, stored]).toMatchObject([['ES', 'ES'], { country: 'ES' }]);
  });

  it('is undefined if the event does not contain it', async () => {
    const { countries, stored } = await textsAfter(undefined);
    expect([countries, 'country' in (stored ?? {})]).toEqual([[undefined, undefined], false]);
  });

  it('is the country of its numbering plan', () => {
    expect(['+34612345678', '+4915112345678', '+447400123456'].map(countryOf)).toEqual(['ES', 'DE', 'GB']);
  });
});

describe('guide', () => {
  it('has the same steps in the same order in every language', () => {
    const ids = Object.values(journeys).map(({ steps }) => steps.map(({ id }) => id));
    for (const other of ids) expect(other).toEqual(ids[0]);
  });

  it('starts in the closest language and follows the profile', async () => {
    const handlers = handlersOf(journeyHandlers(context));
    const event = readMessage(registered(), [memberRegisteredV2]);
    const started = await handlers(event.type)?.handle(event, contextWithoutState);
    expect(started?.set).toMatchObject({ journeyLocale: 'es', addressee: 'Lucía' });
    const change = profileChanged(memberIdOf(1), 2, 'zh');
    const changed = await handlers(change.type)?.handle(change, contextWithoutState);
    expect(changed?.set).toEqual({ journeyLocale: 'zh-CN', addressee: 'Lucía' });
  });
});
