import { defineConsumer } from '@rollcall/kit/internal/contracts/consumer';
import { checkConsumer } from '@rollcall/kit/internal/contracts/consumer-checks';
import { consumerFunctions, type HandlerContext } from '@rollcall/kit/internal/messaging/consumer-functions';
import { subscriberFunctions } from '@rollcall/kit/internal/messaging/subscriber-functions';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commandConsumer } from '../../functions/points/commands.consumer.ts';
import { eventConsumer } from '../../functions/points/events.consumer.ts';
import { memberEvents, pointsCommands, registrationOutcomes, smsCommands } from '../../shared/contracts/channels.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { sendSms } from '../../shared/contracts/send-sms.v1.ts';

const source = '/rollcall/coupons';
const reads = [memberRegisteredV2, memberProfileChanged, memberDeactivated];
const fits = { source, of: memberEvents, reads, cursorKey: 'coupons' };

describe('a consumer', () => {
  it('has the given settings, and sends to no channel by default', () => {
    expect(defineConsumer('coupons', fits)).toEqual({ ...fits, name: 'coupons', sends: [] });
  });

  it('of a topic belongs by default to the application that sends on it, and reads all messages', () => {
    const least = {
      name: 'coupons',
      source,
      of: memberEvents,
      reads: memberEvents.messages,
      sends: [],
      cursorKey: 'cursor',
    };
    expect(defineConsumer('coupons', { of: memberEvents })).toEqual(least);
    const ofAny = { ...memberEvents, senders: { anyServiceOf: 'rollcall' } };
    expect(defineConsumer('coupons', { of: ofAny }).source).toBe(source);
  });

  it.each([
    ['a queue', pointsCommands],
    ['two applications', { ...memberEvents, senders: ['/rollcall/registration', '/shop/orders'] }],
  ])('of %s must set its source', (_, of) => {
    expect(() => defineConsumer('coupons', { of })).toThrow(`set the \`source\` of the consumer of ${of.name}`);
  });

  it('reads an event in either rendition', () => {
    const behind = { ...fits, reads: [memberRegistered, memberProfileChanged, memberDeactivated] };
    expect(() => checkConsumer(defineConsumer('coupons', behind))).not.toThrow();
  });

  const ofQueue = { of: smsCommands, reads: smsCommands.messages };
  it.each([
    ['whose source names no service', 'coupons', { source: 'coupons' }, 'source coupons is not /APPLICATION/SERVICE'],
    ['that is named like a function of another service', 'points', {}, 'must be coupons or begin with coupons-'],
    [
      'that reads a topic, but does not have the name of its own service',
      'coupons-events',
      {},
      'so its name must be the name of its service, coupons',
    ],
    [
      'that reads a queue, but does not have the name of that queue',
      'coupons',
      { of: pointsCommands, reads: [] },
      'consumes the queue points-commands',
    ],
    [
      'that reads a message that its channel does not carry',
      'coupons',
      { reads: [...reads, sendSms] },
      'rollcall.sms.send.v1 is no',
    ],
    [
      'that does not read every message of its channel',
      'coupons',
      { reads: [memberRegisteredV2, memberDeactivated] },
      'does not read rollcall.member.profile-changed.v1 of member-events',
    ],
    [
      'that excludes a message that its channel does not carry',
      'coupons',
      { without: [sendSms] },
      'is not a message of member-events',
    ],
    [
      'that excludes a message that it reads',
      'coupons',
      { without: [memberRegisteredV2] },
      'in both `reads` and `without`',
    ],
    [
      'of a queue that excludes a message',
      'sms-commands',
      { ...ofQueue, source: '/rollcall/sms', without: [sendSms] },
      'sms-commands is a queue, which has no subscription filter',
    ],
    [
      'of an ordered queue whose senders could use the same version',
      'points-commands',
      {
        of: { ...pointsCommands, senders: ['/rollcall/registration', '/rollcall/coupons'] },
        source: '/rollcall/points',
        reads: pointsCommands.messages,
      },
      'points-commands preserves the order of messages from one sender',
    ],
    [
      'that is idempotent, of a channel with an event that erases data',
      'coupons',
      { idempotent: true },
      'rollcall.member.deactivated.v1 of member-events erases data, which requires an ordered channel',
    ],
    [
      'that sends on a channel without being one of its senders',
      'coupons',
      { sends: [registrationOutcomes] },
      'sends to registration-outcomes, whose `senders` do not name /rollcall/coupons',
    ],
  ])('%s is refused with the reason before it is deployed', (_, name, wrong, why) => {
    const refused = () => checkConsumer(defineConsumer(name, { ...fits, ...wrong } as never));
    expect(refused).toThrow(`consumer ${name}: `);
    expect(refused).toThrow(why);
  });
});

describe('the functions of a consumer', () => {
  beforeEach(() => {
    const names = ['TABLE', 'QUEUE_URL', 'DEAD_LETTERS_URL', 'SWITCHES_TABLE'];
    for (const name of names) vi.stubEnv(name, 'somewhere');
    vi.stubEnv('JOINS_LATE', 'false');
    vi.stubEnv('CHANNELS', '{}');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const handlersOf = (name: string) => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', name);
    return () => subscriberFunctions(eventConsumer, () => ({}) as never);
  };

  it.each(['shop-dev-points-consume', 'shop-dev-points-sweep'])('start in %s', (name) => {
    expect(handlersOf(name)).not.toThrow();
  });

  it('do not start in a function that was deployed for another consumer', () => {
    expect(handlersOf('shop-dev-points-commands-consume')).toThrow(
      'the function shop-dev-points-commands-consume has the handlers of consumer points',
    );
  });

  it('do not start without switches if operators can pause them', () => {
    const settings = { tableName: 'somewhere', queueUrl: 'somewhere', deadLettersUrl: 'somewhere' };
    const start = () => consumerFunctions(eventConsumer, settings, () => ({}) as never);
    expect(start).toThrow('consumer points has the capability points: pass `switchesTable`');
  });

  it('refuse an invalid request of an operator', async () => {
    const { sweep } = handlersOf('shop-dev-points-sweep')();
    const context = { getRemainingTimeInMillis: () => 1_000 } as never;
    await expect(sweep({ redrive: 'everything' }, context)).rejects.toThrow('redrive');
    await expect(sweep({ discard: { aggregateId: 'm', version: -1 }, because: '' }, context)).rejects.toThrow(
      'because',
    );
  });
});

it('a command on a channel that the consumer does not send to is a compile error', () => {
  const _command = (
    { correspondence }: HandlerContext<(typeof commandConsumer.sends)[number]>,
    [cause, data]: [never, never],
  ) => {
    correspondence.command(cause, smsCommands, sendSms, data, '');
    // @ts-expect-error the consumer sends only SMS commands and outcomes
    correspondence.command(cause, pointsCommands, sendSms, data, '');
  };
  expect(commandConsumer.sends.map(({ name }) => name)).toEqual(['registration-outcomes', 'sms-commands']);
});
