import { handlersOf } from '@rollcall/kit/internal/messaging/handlers';
import { readMessage } from '@rollcall/kit/internal/messaging/message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type WelcomeOptions, welcomeHandlers } from '../../functions/sms/welcome.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { contextWithoutState, registered, TIME } from '../support/builders.ts';

/** Returns the SMS texts that a registration sends. */
async function sentTo(name: string, locale: string): Promise<string[]> {
  const sent: string[] = [];
  const handlers = welcomeHandlers({
    sendText: async ({ text, short = '' }) => {
      sent.push(text, short);
      return 'accepted';
    },
    pseudonym: async (phone) => phone,
    correspondence: { reply: () => [] } as unknown as WelcomeOptions['correspondence'],
    now: () => TIME,
  });
  const message = registered();
  const event = readMessage({ ...message, data: { ...message.data, name, locale } }, [memberRegisteredV2]);
  const reaction = await handlersOf(handlers)(event.type)?.handle(event, contextWithoutState);
  await reaction?.call?.(false);
  return sent;
}

describe('the first SMS, to an unconfirmed phone', () => {
  it.each([
    ['en', 'Welcome! You are a member now. Your bonus points and your guide are waiting for you.', 'Welcome!'],
    ['es', '¡Te damos la bienvenida! Ya formas parte. Te esperan tus puntos de regalo y tu guía.', '¡Hola!'],
    ['zh-CN', '欢迎加入！您的奖励积分和入门指南已经准备好了。', '欢迎！'],
  ])('contains only a fixed text in %s, without user input', async (locale, text, short) => {
    expect(await sentTo('URGENT your bank account is locked, answer this text', locale)).toEqual([text, short]);
  });

  it('is the same for every name', async () => {
    const expected = await sentTo('Ana', 'en');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (name) => {
        expect(await sentTo(name, 'en')).toEqual(expected);
      }),
    );
  });
});
