import { createServer } from 'node:http';
import {
  ConflictException,
  type PinpointSMSVoiceV2Client,
  ThrottlingException,
  ValidationException,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { afterEach, describe, expect, it } from 'vitest';
import { journeyHandlers, journeys } from '../../functions/guide/journey.ts';
import { accountHandlers } from '../../functions/points/account.ts';
import { createRules } from '../../functions/points/rules.ts';
import { createAwsEndUserMessaging } from '../../functions/sms/aws-end-user-messaging.ts';
import { createHttpGateway } from '../../functions/sms/http-gateway.ts';
import { welcomeText } from '../../functions/sms/templates.ts';
import { close, listen } from '../../local/listen.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { closestLocale } from '../../shared/localization.ts';
import { createCorrespondence } from '../../shared/messaging/correspondence.ts';
import { isPermanent } from '../../shared/messaging/errors.ts';
import { readMessage } from '../../shared/messaging/message.ts';
import { memberIdOf, profileChanged, registered, TIME } from '../support/builders.ts';

const now = () => TIME;
const surroundings = {
  now,
  correspondence: createCorrespondence({ source: '/test', channels: { replies: 'url' }, now, newId: () => 'reply' }),
};

const text = { to: '+34612345678', text: 'Hello', idempotencyKey: 'message-1' };

describe('welcome text', () => {
  it.each([
    ['en-GB', 'Welcome'],
    ['es-MX', 'bienvenida'],
    ['zh-CN', '欢迎'],
    ['zh-TW', 'Welcome'],
    ['de', 'Welcome'],
  ])('for %s says %s', (locale, word) => {
    const said = welcomeText({ name: 'Ana', locale });
    expect(said).toContain(word);
    expect(said).toContain('Ana');
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

describe('HTTP gateway', () => {
  let end: (() => Promise<void>) | undefined;
  afterEach(() => end?.());

  async function gateway(status: number) {
    const requests: Array<{ key: unknown; body: string }> = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      requests.push({ key: request.headers['idempotency-key'], body });
      response.writeHead(status).end();
    });
    end = () => close(server);
    return { provider: createHttpGateway({ url: await listen(server, 0, 'test') }), requests };
  }

  it('sends text and idempotency key', async () => {
    const { provider, requests } = await gateway(202);
    await provider.send(text);
    expect(requests).toEqual([{ key: 'message-1', body: '{"to":"+34612345678","text":"Hello"}' }]);
  });

  it.each([
    [400, true],
    [422, true],
    [401, false],
    [404, false],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
  ])('takes an answer of %i for permanent: %s', async (status, permanent) => {
    const { provider } = await gateway(status);
    expect(isPermanent(await provider.send(text).catch((error: unknown) => error))).toBe(permanent);
  });

  it('takes no answer for transient', async () => {
    const provider = createHttpGateway({ url: 'http://127.0.0.1:9' });
    expect(isPermanent(await provider.send(text).catch((error: unknown) => error))).toBe(false);
  });
});

describe('AWS End User Messaging', () => {
  const provider = (send: (command: { input: unknown }) => Promise<unknown>) =>
    createAwsEndUserMessaging({
      client: { send } as unknown as PinpointSMSVoiceV2Client,
      originationIdentity: 'rollcall',
    });
  const metadata = { message: 'no', $metadata: {} };

  it('sends a transactional text from its origination identity', async () => {
    let input: unknown;
    await provider(async (command) => {
      input = command.input;
    }).send(text);
    expect(input).toMatchObject({
      DestinationPhoneNumber: '+34612345678',
      OriginationIdentity: 'rollcall',
      MessageBody: 'Hello',
      MessageType: 'TRANSACTIONAL',
    });
  });

  it.each([
    [new ValidationException({ ...metadata, Reason: 'INVALID_PARAMETER' }), true],
    [new ConflictException({ ...metadata, Reason: 'DESTINATION_PHONE_NUMBER_OPTED_OUT' }), true],
    [new ThrottlingException(metadata), false],
  ])('takes %o for permanent: %s', async (failure, permanent) => {
    const failing = provider(() => Promise.reject(failure));
    expect(isPermanent(await failing.send(text).catch((error: unknown) => error))).toBe(permanent);
  });
});

describe('points', () => {
  it('credits the bonus to ledger and balance together', async () => {
    const handlers = accountHandlers({ tableName: 'points', bonus: async () => 250, ...surroundings });
    const { set, writes } = (await handlers['rollcall.member.registered.v1']?.(registered(), false)) ?? {};
    expect(set).toEqual({ balance: 250, accountState: 'open' });
    expect(writes?.[0]?.Put?.Item).toMatchObject({ pk: memberIdOf(1), points: 250, reason: 'registration' });
  });

  it('reads the bonus from the rules once a minute, and falls back to the default', async () => {
    let reads = 0;
    let rule: { points: number } | undefined;
    let now = 0;
    const client = {
      send: async () => {
        reads++;
        return { Item: rule };
      },
    } as never;
    const rules = createRules({ client, tableName: 'points', defaultBonus: 100, now: () => new Date(now) });
    expect([await rules.registrationBonus(), await rules.registrationBonus(), reads]).toEqual([100, 100, 1]);
    rule = { points: 7 };
    now = 60_000;
    expect([await rules.registrationBonus(), reads]).toEqual([7, 2]);
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
