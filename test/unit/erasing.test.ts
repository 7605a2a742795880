import { PermanentError, TransientError } from '@rollcall/kit/internal/messaging/errors';
import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import { describe, expect, it } from 'vitest';
import { deactivated, outgoingMessage, profileChanged, registered, TIME } from '../support/builders.ts';
import { breakable, MINUTE, member, subscriber } from '../support/test-subscriber.ts';

const REGISTERED = registered(member);
const CHANGED = profileChanged(member, 2);
const LEFT = deactivated(member, 3);
const bodiesOf = ({ store }: ReturnType<typeof subscriber>) =>
  [...store.waiting.values(), ...store.discarded].map(({ body }) => body).filter((body) => body !== '');

describe('an event that erases', () => {
  it('does not wait for a failed predecessor, whose content is dropped', async () => {
    const consumer = subscriber(breakable(new PermanentError('no'), true).handlers);
    for (const message of [REGISTERED, CHANGED, LEFT]) await consumer.apply(message);
    expect(consumer.parked()).toEqual(['1 failed', '2 gap', '3 gap']);
    expect(await consumer.sweep()).toMatchObject({ applied: 1, waiting: 0, forPerson: 0 });
    expect([consumer.versions(), consumer.parked(), bodiesOf(consumer)]).toEqual([[3], [], []]);
    expect(consumer.store.discarded).toMatchObject([
      { version: 1, discardedBecause: 'subject erased' },
      { version: 2, discardedBecause: 'subject erased' },
    ]);
    expect(consumer.store.discarded[0]).not.toHaveProperty('error');
  });

  it('waits neither for the time of a retry nor for a capability that is switched off', async () => {
    const consumer = subscriber(breakable(new TransientError('not now'), true).handlers);
    await consumer.apply(REGISTERED, 5);
    await consumer.apply(deactivated(member, 2));
    expect(consumer.parked()).toEqual(['1 retry', '2 gap']);
    expect(await consumer.sweep(() => true, true)).toMatchObject({ applied: 1 });
    expect(consumer.versions()).toEqual([2]);
  });

  it('waits for a predecessor in transit, and so do messages in between', async () => {
    const consumer = subscriber();
    await consumer.apply(CHANGED);
    await consumer.apply(LEFT);
    expect(await consumer.sweep()).toMatchObject({ applied: 0 });
    expect(consumer.parked()).toEqual(['2 gap', '3 gap']);
    await consumer.apply(REGISTERED);
    await consumer.sweep();
    expect([consumer.versions(), consumer.parked(), bodiesOf(consumer)]).toEqual([[1, 3], [], []]);
  });

  it('is applied even if it is held', async () => {
    const consumer = subscriber();
    await consumer.apply(REGISTERED);
    await consumer.hold(CHANGED, 'skipped');
    await consumer.hold(LEFT, 'skipped');
    await consumer.sweep(() => true, true);
    expect([consumer.versions(), consumer.parked()]).toEqual([[1, 3], []]);
  });

  it('keeps only the position of a message whose reply waits to be sent', async () => {
    const reply = outgoingMessage(member, 'reply');
    let isDown = true;
    const send = async (messages: readonly object[]) =>
      new Map(isDown ? messages.map((message) => [message as typeof reply, new Error('down')] as const) : []);
    const consumer = subscriber({ 'rollcall.member.registered.v1': () => ({ send: [reply] }) }, false, {
      sender: { send },
    });
    await consumer.apply(REGISTERED, 5);
    expect(consumer.parked()).toEqual(['1 unsent']);
    await consumer.apply(deactivated(member, 2));
    expect([consumer.parked(), bodiesOf(consumer)]).toEqual([['1 unsent'], []]);
    isDown = false;
    consumer.pass(60 * MINUTE);
    await consumer.sweep();
    expect(consumer.parked()).toEqual([]);
  });

  it('erases messages that claim a later version, parked or discarded, even if forged', async () => {
    const consumer = subscriber();
    await consumer.apply(REGISTERED);
    await consumer.apply(profileChanged(member, 9));
    const forged = { ...profileChanged(member, 9), id: 'forged' };
    await consumer.apply(forged);
    await consumer.kit.discard({ aggregateId: member, version: 9, messageId: 'forged' }, 'it is forged');
    await consumer.apply(deactivated(member, 2));
    expect([consumer.versions(), bodiesOf(consumer)]).toEqual([[1, 2], []]);
    await consumer.sweep();
    expect(consumer.parked()).toEqual([]);
  });

  it('erases everything when it is redelivered after a crash that happened before the erasure', async () => {
    const consumer = subscriber();
    await consumer.apply(REGISTERED);
    await consumer.apply(profileChanged(member, 9));
    const { eraseLeft } = consumer.store;
    consumer.store.eraseLeft = () => Promise.reject(new Error('dies'));
    await consumer.apply(deactivated(member, 2)).catch(() => {});
    expect([consumer.versions(), bodiesOf(consumer)]).toEqual([[1, 2], [expect.any(String)]]);
    consumer.store.eraseLeft = eraseLeft;
    await consumer.apply(deactivated(member, 2), 2);
    expect(bodiesOf(consumer)).toEqual([]);
  });

  it('erases a message that a sweep reads before the erasure and retries after it', async () => {
    const consumer = subscriber(breakable(new TransientError('not now'), true).handlers);
    await consumer.apply(REGISTERED, 5);
    expect(consumer.parked()).toEqual(['1 retry']);
    const { parkedOf } = consumer.store;
    consumer.store.parkedOf = async (id) => {
      const read = await parkedOf.call(consumer.store, id);
      await consumer.store.eraseLeft(id, LEFT.id);
      return read;
    };
    consumer.pass(60 * MINUTE);
    await consumer.sweep();
    expect([consumer.parked(), bodiesOf(consumer)]).toEqual([['1 retry'], []]);
  });

  it('erases messages that claim its own version', async () => {
    const consumer = subscriber();
    await consumer.apply(REGISTERED);
    await consumer.apply({ ...profileChanged(member, 3), id: 'forged' });
    await consumer.apply(CHANGED);
    await consumer.apply(LEFT);
    expect([consumer.versions(), bodiesOf(consumer)]).toEqual([[1, 2, 3], []]);
  });

  it.each([4, 5])(
    'is the last of its aggregate: a message of version %i is dropped and not stored',
    async (version) => {
      const consumer = subscriber();
      for (const message of [REGISTERED, CHANGED, LEFT]) await consumer.apply(message);
      const later = registered(member, version);
      expect(await consumer.apply(later)).toBe('duplicate');
      expect(await consumer.apply({ ...later, id: 'broken', data: {} })).toBe('duplicate');
      expect(await consumer.hold(later, 'skipped')).toBe('duplicate');
      expect(await consumer.parkDeadLetter(later, 'died')).toBe('duplicate');
      expect([consumer.versions(), consumer.parked(), bodiesOf(consumer)]).toEqual([[1, 2, 3], [], []]);
    },
  );

  it('drops in the sweep a message that was parked while the event was applied', async () => {
    const consumer = subscriber();
    for (const message of [REGISTERED, CHANGED]) await consumer.apply(message);
    const { commit } = consumer.store;
    consumer.store.commit = async (...args) => {
      consumer.store.commit = commit;
      const claim = await commit.apply(consumer.store, args);
      const late = { aggregateId: member, version: 9, messageId: 'late', body: JSON.stringify(REGISTERED) };
      queueMicrotask(() => consumer.store.park({ ...late, reason: 'gap', attempts: 1, parkedAt: TIME.toISOString() }));
      return claim;
    };
    await consumer.apply(LEFT);
    expect(consumer.parked()).toEqual(['9 gap']);
    await consumer.sweep();
    expect([consumer.parked(), bodiesOf(consumer)]).toEqual([[], []]);
  });

  it.each(['live', 'by the sweep', 'from the dead letters'])(
    'erases the data when it is processed again (%s) after a crash right after its commit',
    async (how) => {
      const consumer = subscriber();
      await consumer.apply(REGISTERED);
      await consumer.apply({ ...profileChanged(member, 9), id: 'forged' });
      await consumer.kit.discard({ aggregateId: member, version: 9 }, 'it is forged').catch(() => {});
      const { eraseLeft } = consumer.store;
      consumer.store.eraseLeft = async () => {
        throw new TransientError('died');
      };
      const left = deactivated(member, 2);
      if (how === 'by the sweep') expect(await consumer.apply(left, 5)).toBe('parked');
      else await expect(consumer.apply(left)).rejects.toThrow('died');
      expect(bodiesOf(consumer)).not.toEqual([]);
      consumer.store.eraseLeft = eraseLeft;
      if (how === 'live') await consumer.apply(left);
      if (how === 'from the dead letters') await consumer.parkDeadLetter(left, 'died');
      consumer.pass(MINUTE);
      await consumer.sweep();
      expect([consumer.parked(), bodiesOf(consumer)]).toEqual([[], []]);
    },
  );

  it('erases a message that an operator discards while the event is applied', async () => {
    const consumer = subscriber();
    await consumer.apply(REGISTERED);
    await consumer.apply(profileChanged(member, 9));
    await consumer.apply({ ...profileChanged(member, 9), id: 'forged' });
    const { discard } = consumer.store;
    consumer.store.discard = async (...args) => {
      await consumer.apply(deactivated(member, 2));
      return discard.apply(consumer.store, args);
    };
    await consumer.kit.discard({ aggregateId: member, version: 9, messageId: 'forged' }, 'it is forged');
    expect([consumer.store.discarded.length, bodiesOf(consumer)]).toEqual([1, []]);
  });

  it('is final: messages below a late baseline are acknowledged, not kept', async () => {
    const consumer = subscriber({}, true);
    await consumer.apply(LEFT);
    consumer.pass(6 * MINUTE);
    await consumer.sweep();
    expect(consumer.versions()).toEqual([3]);
    expect(await consumer.apply(REGISTERED)).toBe('duplicate');
    expect(consumer.parked()).toEqual([]);
  });

  it('does not drop an applied message with replies that wait to be sent', async () => {
    const reply = outgoingMessage(member, 'reply');
    const sent: string[] = [];
    let isDown = true;
    const send = async (messages: ReadonlyArray<typeof reply>) => {
      if (isDown) return new Map(messages.map((message) => [message, new Error('down')] as const));
      sent.push(...messages.map(({ messageId }) => messageId));
      return new Map();
    };
    const consumer = subscriber({ 'rollcall.member.registered.v1': () => ({ send: [reply] }) }, false, {
      sender: { send },
    });
    // Simulates a crash of the function before it parks the unsent reply.
    await consumer.apply(REGISTERED).catch(() => {});
    await consumer.parkDeadLetter(CHANGED, 'undelivered');
    const place = { aggregateId: member, version: 1, messageId: 'again' };
    const { body } = (await consumer.store.parkedOf(member))[0] as ParkedMessage;
    const times = { parkedAt: TIME.toISOString(), nextTryAt: TIME.toISOString() };
    await consumer.store.park({ ...place, body, reason: 'retry', attempts: 1, ...times });
    await consumer.apply(LEFT);
    isDown = false;
    consumer.pass(60 * MINUTE);
    await consumer.sweep();
    expect([sent, consumer.parked()]).toEqual([['reply'], []]);
  });

  it('cannot be discarded', async () => {
    const consumer = subscriber();
    await consumer.apply(REGISTERED);
    await consumer.hold(CHANGED, 'skipped');
    await consumer.apply(LEFT);
    await expect(consumer.discard(3)).rejects.toThrow('cannot be discarded');
  });

  it('waits for an operator if it fails permanently, like any other message', async () => {
    const consumer = subscriber({
      'rollcall.member.deactivated.v1': () => {
        throw new PermanentError('no');
      },
    });
    await consumer.hold(REGISTERED, 'skipped');
    await consumer.apply(deactivated(member, 2));
    await consumer.sweep();
    expect(await consumer.sweep()).toMatchObject({ applied: 0, forPerson: 1 });
    expect(consumer.store.discarded).toMatchObject([{ version: 1, body: '' }]);
    expect(consumer.store.waiting.values().next().value).toMatchObject({ reason: 'failed' });
  });
});

describe('an event that would erase but violates its contract', () => {
  it('has no precedence: earlier messages keep their turn', async () => {
    const consumer = subscriber(breakable(new PermanentError('no'), true).handlers);
    await consumer.apply(REGISTERED);
    await consumer.apply({ ...deactivated(member, 2), data: { memberId: 7 } });
    expect(await consumer.sweep()).toMatchObject({ applied: 0 });
    expect(consumer.parked()).toEqual(['1 failed', '2 gap']);
  });
});
