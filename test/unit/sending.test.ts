import { createCorrespondence } from '@rollcall/kit/internal/messaging/correspondence';
import { PermanentError } from '@rollcall/kit/internal/messaging/errors';
import type { OutgoingMessage } from '@rollcall/kit/internal/messaging/outgoing';
import type { Effect, State } from '@rollcall/kit/internal/messaging/subscriber-store';
import { describe, expect, it, vi } from 'vitest';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import { deactivated, memberIdOf, outgoingMessage, profileChanged, registered, TIME } from '../support/builders.ts';
import { MINUTE, member, subscriber } from '../support/test-subscriber.ts';

/** A sender that fails while `failure` is set, and records the sent IDs. */
function outbound(failure?: Error) {
  const sent: string[] = [];
  const sender = {
    failure: failure as Error | undefined,
    sent,
    async send(messages: readonly OutgoingMessage[]) {
      if (sender.failure) return new Map(messages.map((message) => [message, sender.failure ?? new Error()]));
      sent.push(...messages.map(({ messageId }) => messageId));
      return new Map();
    },
  };
  return sender;
}

/** A subscriber that replies to every registration, with another ID at each attempt. */
function replying(sender: ReturnType<typeof outbound>) {
  let attempts = 0;
  return subscriber(
    {
      'rollcall.member.registered.v1': ({ id }) => ({ send: [outgoingMessage(member, `${id} answer ${++attempts}`)] }),
    },
    false,
    { sender },
  );
}

describe('a message that an effect sends', () => {
  const first = `${member}/1 answer 1`;

  it('is sent after the commit, and then removed', async () => {
    const sender = outbound();
    const { apply, store } = replying(sender);
    expect(await apply(registered())).toBe('applied');
    expect(sender.sent).toEqual([first]);
    expect(await store.unsent({ aggregateId: member, version: 1 })).toEqual([]);
    expect(await apply(registered(), 2)).toBe('duplicate');
    expect(sender.sent).toEqual([first]);
  });

  it('is stored with the effect, and sent when the cause is redelivered after a crash', async () => {
    const sender = outbound(new Error('the function dies'));
    const { apply, versions } = replying(sender);
    await expect(apply(registered())).rejects.toThrow('applied, but its outgoing messages could not be sent');
    expect(versions()).toEqual([1]);
    sender.failure = undefined;
    expect(await apply(registered(), 2)).toBe('duplicate');
    expect([sender.sent, versions()]).toEqual([[first], [1]]);
  });

  it('is sent by the sweep after a long outage of the broker, and blocks no later message', async () => {
    const sender = outbound(new PermanentError('denied'));
    const { apply, sweep, parked, versions, pass } = replying(sender);
    expect(await apply(registered(), 5)).toBe('parked');
    expect(await apply(profileChanged(member, 2))).toBe('applied');
    expect(await apply(profileChanged(member, 4))).toBe('parked');
    expect(await apply(profileChanged(member, 3))).toBe('applied');
    pass(60_000);
    expect(await sweep()).toMatchObject({
      applied: 1,
      errors: ['1 UnsentError: applied, but its outgoing messages could not be sent: denied'],
    });
    expect([parked(), versions()]).toEqual([['1 unsent'], [1, 2, 3, 4]]);
    sender.failure = undefined;
    expect(await sweep()).toMatchObject({ errors: [] });
    expect(sender.sent).toEqual([]);
    pass(60_000);
    await sweep();
    expect([sender.sent, parked()]).toEqual([[first], []]);
  });

  it('is reported to an operator if it is still unsent after an hour', async () => {
    const sender = outbound(new PermanentError('denied'));
    const { apply, sweep, pass } = replying(sender);
    await apply(registered(), 5);
    pass(59 * MINUTE);
    expect(await sweep()).toMatchObject({ waiting: 1, forPerson: 0 });
    pass(2 * MINUTE);
    expect(await sweep()).toMatchObject({ waiting: 0, forPerson: 1 });
  });

  it('is not sent twice if the broker confirmed it, but did not confirm another message of the effect', async () => {
    const sent: string[] = [];
    const sender = {
      async send(messages: readonly OutgoingMessage[]) {
        sent.push(...messages.map(({ messageId }) => messageId));
        return new Map(
          messages
            .filter(({ messageId }) => sent.indexOf(messageId) === sent.lastIndexOf(messageId) && messageId === 'b')
            .map((one) => [one, new Error('no')]),
        );
      },
    };
    const send = ['a', 'b'].map((id) => outgoingMessage(member, id));
    const { apply } = subscriber({ 'rollcall.member.registered.v1': () => ({ send }) }, false, { sender });
    await expect(apply(registered())).rejects.toThrow('could not be sent');
    expect(await apply(registered(), 2)).toBe('duplicate');
    expect(sent).toEqual(['a', 'b', 'b']);
  });

  it('is parked when its cause becomes a dead letter, and sent by the sweep', async () => {
    const sender = outbound(new Error('the function dies'));
    const { apply, parkDeadLetter, parked, sweep, pass } = replying(sender);
    await expect(apply(registered())).rejects.toThrow();
    expect(await parkDeadLetter(registered(), 'died')).toBe('parked');
    expect(parked()).toEqual(['1 unsent']);
    sender.failure = undefined;
    pass(15 * MINUTE);
    await sweep();
    expect([sender.sent, parked()]).toEqual([[first], []]);
    expect(await parkDeadLetter(registered(), 'died')).toBe('duplicate');
  });

  it('is dropped by a discard, which does not change the effect', async () => {
    const sender = outbound(new Error('down'));
    const { apply, kit, parked, store, versions } = replying(sender);
    await apply(registered(), 5);
    await kit.discard({ aggregateId: member, version: 1 }, 'the channel is gone');
    sender.failure = undefined;
    expect(await apply(registered(), 2)).toBe('duplicate');
    expect([parked(), versions(), sender.sent]).toEqual([[], [1], []]);
    expect(store.discarded).toMatchObject([{ reason: 'unsent', discardedBecause: 'the channel is gone' }]);
  });
});

describe('a reply derived after a transaction', () => {
  /** @returns the sent messages, and the number of reads of the committed item */
  async function derive(follows: (state: State) => string) {
    const sender = outbound();
    const { apply, store } = subscriber(
      {
        'rollcall.member.registered.v1': () => ({ set: { phone: 'known before' } }),
        'rollcall.member.profile-changed.v1': {
          handle: () => ({
            set: { points: 5 },
            remove: ['gone'],
            writes: [{ Put: { TableName: 'ledger', Item: {} } }],
          }),
          follows: (_, state) => [outgoingMessage(member, follows(state))],
        },
      },
      false,
      { sender },
    );
    await apply(registered());
    const reads = vi.spyOn(store, 'state');
    expect(await apply(profileChanged(member, 2))).toBe('applied');
    return { sent: sender.sent, reads: reads.mock.calls.length };
  }

  it('needs no read if it uses only attributes that the effect has set or removed', async () => {
    expect(await derive(({ points, gone }) => `${points} ${gone}`)).toEqual({ sent: ['5 undefined'], reads: 0 });
  });

  it.each<[string, (state: State) => string]>([
    ['uses another attribute', ({ points, phone }) => `${points} ${phone}`],
    ['requires another attribute', ({ points, phone }) => `${points} ${(phone as string).trim()}`],
    ['checks for an attribute', (state) => `5 ${'phone' in state ? state.phone : ''}`],
    ['uses all attributes', ({ points, ...others }) => `${points} ${others.phone}`],
  ])('reads the committed item if it %s', async (_, follows) => {
    expect(await derive(follows)).toEqual({ sent: ['5 known before'], reads: 1 });
  });

  it('fails with the error that `follows` throws', async () => {
    const failing = derive(({ points }) => (points as string).trim());
    await expect(failing).rejects.toThrow('trim is not a function');
  });
});

describe('a reply derived from message and state', () => {
  /** A subscriber that replies to registrations and deactivations with the state set by its handlers. */
  const deriving = (sender: ReturnType<typeof outbound>, more: Parameters<typeof subscriber>[2] = {}) => {
    let runs = 0;
    const world = subscriber(
      {
        'rollcall.member.registered.v1': {
          handle: () => ({ set: { run: ++runs } }),
          follows: ({ id }, { run }) => [outgoingMessage(member, `${id} answer of run ${run}`)],
        },
        'rollcall.member.deactivated.v1': {
          handle: () => ({ set: { erased: 'yes' } }),
          follows: ({ id }, { erased }) => [outgoingMessage(member, `${id} erased: ${erased}`)],
        },
      },
      false,
      { sender, ...more },
    );
    return { ...world, runs: () => runs };
  };
  const answer = `${member}/1 answer of run 1`;
  const confirmation = `${member}/2 erased: yes`;

  it('is sent after the commit, and not stored', async () => {
    const sender = outbound();
    const { apply, store } = deriving(sender);
    expect(await apply(registered())).toBe('applied');
    expect([sender.sent, store.effects[0]?.effect.send]).toEqual([[answer], undefined]);
  });

  it('is derived again when the message is redelivered after a crash, and its effect is not repeated', async () => {
    const sender = outbound(new Error('the function dies'));
    const { apply, runs } = deriving(sender);
    await expect(apply(registered())).rejects.toThrow('applied, but its outgoing messages could not be sent');
    sender.failure = undefined;
    expect(await apply(registered(), 2)).toBe('duplicate');
    expect(sender.sent).toEqual([answer]);
    expect(runs()).toBeLessThanOrEqual(2);
  });

  it('is not derived for a copy, such as an event of a replay', async () => {
    const sender = outbound();
    const { apply } = deriving(sender);
    await apply(registered());
    expect(await apply(registered(), 1)).toBe('duplicate');
    expect(sender.sent).toEqual([answer]);
  });

  it('is parked for sending if the broker is down for long, and still sent after the subject has left', async () => {
    const sender = outbound(new PermanentError('denied'));
    const { apply, parked, store, sweep, pass } = deriving(sender);
    expect(await apply(registered(), 5)).toBe('parked');
    expect(await apply(deactivated(member, 2), 5)).toBe('parked');
    expect([parked(), [...store.waiting.values()].map(({ body }) => body)]).toEqual([
      ['1 unsent', '2 unsent'],
      ['', ''],
    ]);
    sender.failure = undefined;
    pass(60_000);
    await sweep();
    expect([sender.sent, parked()]).toEqual([[answer, confirmation], []]);
  });

  it('is sent for a dead letter', async () => {
    const sender = outbound(new Error('the function dies'));
    const { apply, parkDeadLetter } = deriving(sender);
    await expect(apply(registered())).rejects.toThrow();
    sender.failure = undefined;
    expect(await parkDeadLetter(registered(), 'died')).toBe('duplicate');
    expect(sender.sent).toEqual([answer]);
  });

  it.each([
    ['', false],
    [', also while the capability is switched off', true],
  ])('is sent for a message that was applied but is still parked%s', async (_, isOff) => {
    const sender = outbound();
    const { apply, store, sweep } = deriving(sender);
    await apply(registered());
    const about = { aggregateId: member, version: 1, messageId: registered().id, type: registered().type };
    const body = JSON.stringify(registered());
    await store.park({
      ...about,
      body,
      reason: 'retry',
      attempts: 1,
      parkedAt: TIME.toISOString(),
      nextTryAt: TIME.toISOString(),
    });
    await sweep(() => true, isOff);
    expect([sender.sent, store.waiting.size]).toEqual([[answer, answer], 0]);
  });

  it('is not sent for a discarded version', async () => {
    const sender = outbound();
    const { apply, discard, kit, pass, parked } = deriving(sender, {});
    expect(await apply(profileChanged(member, 2))).toBe('parked');
    pass(61 * MINUTE);
    await discard(1);
    await kit.sweep(
      () => true,
      () => {},
    );
    expect([parked(), await apply(registered(), 2), sender.sent]).toEqual([[], 'duplicate', []]);
  });

  it('is not sent for a member who has left, unless it confirms the erasure', async () => {
    const sender = outbound();
    const { apply } = deriving(sender);
    await apply(registered());
    await apply(deactivated(member, 2));
    sender.sent.length = 0;
    expect(await apply(registered(), 2)).toBe('duplicate');
    expect(sender.sent).toEqual([]);
    expect(await apply(deactivated(member, 2), 2)).toBe('duplicate');
    expect(sender.sent).toEqual([confirmation]);
  });

  it('is sent even if the capability was switched to skipped meanwhile', async () => {
    const sender = outbound(new Error('the function dies'));
    const { apply, kit } = deriving(sender);
    await expect(apply(registered())).rejects.toThrow();
    sender.failure = undefined;
    const delivery = { body: JSON.stringify(registered()), receives: 2, queueMessageId: 'q' };
    expect(await kit.hold(delivery, 'skipped')).toBe('duplicate');
    expect(sender.sent).toEqual([answer]);
  });

  it('is refused before anything is committed if its channel is unknown', async () => {
    const { apply, versions, parked } = deriving(outbound(), { mayReplyOn: (channel) => channel === 'replies' });
    expect(await apply({ ...registered(), replyto: 'elsewhere' })).toBe('parked');
    expect([versions(), parked()]).toEqual([[], ['1 failed']]);
  });
});

describe('an effect with a call', () => {
  const handlers = (outcome: () => Promise<Effect | undefined>) => ({
    'rollcall.member.registered.v1': () => ({
      set: { phone: 'p', welcome: 'not yet' },
      send: [outgoingMessage(member, 'before')],
      call: outcome,
    }),
  });

  it('is committed and sent together with the effect that the call returns', async () => {
    const sender = outbound();
    const outcome = async () => ({ set: { welcome: 'accepted' }, send: [outgoingMessage(member, 'after')] });
    const { apply, store } = subscriber(handlers(outcome), false, { sender });
    expect(await apply(registered())).toBe('applied');
    expect(store.effects[0]?.effect.set).toMatchObject({ phone: 'p', welcome: 'accepted' });
    expect(sender.sent).toEqual(['before', 'after']);
  });

  it('is dropped if the call fails', async () => {
    const sender = outbound();
    const { apply, store } = subscriber(
      handlers(() => Promise.reject(new PermanentError('no'))),
      false,
      { sender },
    );
    expect(await apply(registered())).toBe('parked');
    expect([store.effects, sender.sent]).toEqual([[], []]);
  });
});

describe('a message without a version', () => {
  it('is applied once, in any order, and its ID is stored for longer than the message may be redelivered', async () => {
    const { apply, store } = subscriber({ 'rollcall.member.registered.v1': () => ({}) }, false, { unordered: true });
    const [one, other] = [registered(), { ...registered(), id: 'other', sequence: undefined }];
    expect([await apply(other), await apply(one), await apply(other)]).toEqual(['applied', 'applied', 'duplicate']);
    const [{ aggregateId, effect } = {} as never] = store.effects;
    expect([aggregateId, effect.set?.expiresAt]).toEqual(['other', TIME.getTime() / 1000 + 56 * 24 * 3600]);
  });

  it('is unreadable on an ordered channel', async () => {
    const { apply, parked } = subscriber();
    expect(await apply({ ...registered(), sequence: undefined })).toBe('parked');
    expect(parked()).toEqual(['0 unreadable']);
  });
});

describe('the other rendition of an event', () => {
  const other = { ...registered(), id: 'v2', type: memberRegisteredV2.type, alternatetype: memberRegistered.type };

  it('is ignored, so that the readable rendition is not treated as a duplicate', async () => {
    const { apply, parkDeadLetter, parked, versions } = subscriber();
    expect(await apply(other)).toBe('ignored');
    expect(await parkDeadLetter(other, 'undelivered')).toBe('ignored');
    expect([parked(), versions()]).toEqual([[], []]);
    expect(await apply(registered())).toBe('applied');
  });

  it('is parked like any unknown type if it has no alternate type', async () => {
    const { apply, parked } = subscriber();
    expect(await apply({ ...other, alternatetype: undefined })).toBe('parked');
    expect(parked()).toEqual(['1 failed']);
  });
});

describe('correspondence', () => {
  const { reply } = createCorrespondence({ source: '/rollcall/test', channels: { replies: 'url' } });
  const at = TIME.toISOString();
  const data = { memberId: memberIdOf(1), step: 'test', summary: 'done', completedAt: TIME.toISOString() };

  it('replies on the requested channel, with the same correlation ID', () => {
    const [answer] = reply(
      { ...registered(), replyto: 'replies', correlationid: 'c' },
      onboardingStepCompleted,
      data,
      at,
    );
    expect(answer).toMatchObject({ channel: 'replies', group: memberIdOf(1), kind: 'document' });
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({
      source: '/rollcall/test',
      correlationid: 'c',
      causationid: registered().id,
    });
  });

  it('derives the same ID for a repeated reply, and another ID for another service', () => {
    const other = createCorrespondence({ source: '/rollcall/other', channels: { replies: 'url' } });
    const cause = { ...registered(), replyto: 'replies' };
    const ids = [reply, reply, other.reply].map((one) => one(cause, onboardingStepCompleted, data, at)[0]?.messageId);
    expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([true, false]);
  });

  it('sends no reply if none is requested', () => {
    expect(reply(registered(), onboardingStepCompleted, data, at)).toEqual([]);
  });

  it.each(['elsewhere', 'https://example.com/', 'constructor'])(
    'refuses to reply on %s, which is not a channel of this service',
    (replyto) => {
      expect(() => reply({ ...registered(), replyto }, onboardingStepCompleted, data, at)).toThrow(PermanentError);
    },
  );
});

describe('an unsent message', () => {
  it('is counted as applied by a redrive', async () => {
    const sender = outbound(new PermanentError('denied'));
    const { apply, kit } = replying(sender);
    await apply(registered(), 5);
    sender.failure = undefined;
    expect(await kit.redrive([member], () => true)).toEqual([
      { aggregateId: member, applied: 1, obsolete: 0, waiting: 0, forPerson: 0 },
    ]);
  });

  it('is not parked again by a sweep if it is discarded during that sweep', async () => {
    const sender = outbound(new PermanentError('denied'));
    const { apply, kit, sweep, parked, pass, store } = replying(sender);
    await apply(registered(), 5);
    pass(60_000);
    const failing = sender.send;
    sender.send = async (messages) => {
      await kit.discard({ aggregateId: member, version: 1 }, 'not wanted');
      return failing(messages);
    };
    await sweep();
    expect([parked(), await store.unsent({ aggregateId: member, version: 1 })]).toEqual([[], []]);
  });
});
