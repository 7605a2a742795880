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
  it('does not wait for a failed predecessor: its content is dropped', async () => {
    const it = subscriber(breakable(new PermanentError('no'), true).handlers);
    for (const message of [REGISTERED, CHANGED, LEFT]) await it.apply(message);
    expect(it.parked()).toEqual(['1 failed', '2 gap', '3 gap']);
    expect(await it.sweep()).toMatchObject({ applied: 1, waiting: 0, forPerson: 0 });
    expect([it.versions(), it.parked(), bodiesOf(it)]).toEqual([[3], [], []]);
    expect(it.store.discarded).toMatchObject([
      { version: 1, discardedBecause: 'subject erased' },
      { version: 2, discardedBecause: 'subject erased' },
    ]);
    expect(it.store.discarded[0]).not.toHaveProperty('error');
  });

  it('waits neither for the time of a retry nor for a capability that is switched off', async () => {
    const it = subscriber(breakable(new TransientError('not now'), true).handlers);
    await it.apply(REGISTERED, 5);
    await it.apply(deactivated(member, 2));
    expect(it.parked()).toEqual(['1 retry', '2 gap']);
    expect(await it.sweep(() => true, true)).toMatchObject({ applied: 1 });
    expect(it.versions()).toEqual([2]);
  });

  it('waits for a predecessor in transit, and so do messages in between', async () => {
    const it = subscriber();
    await it.apply(CHANGED);
    await it.apply(LEFT);
    expect(await it.sweep()).toMatchObject({ applied: 0 });
    expect(it.parked()).toEqual(['2 gap', '3 gap']);
    await it.apply(REGISTERED);
    await it.sweep();
    expect([it.versions(), it.parked(), bodiesOf(it)]).toEqual([[1, 3], [], []]);
  });

  it('is applied even if a rule holds it back', async () => {
    const it = subscriber();
    await it.apply(REGISTERED);
    await it.hold(CHANGED, 'skipped');
    await it.hold(LEFT, 'skipped');
    await it.sweep(() => true, true);
    expect([it.versions(), it.parked()]).toEqual([[1, 3], []]);
  });

  it('keeps only the position of messages that wait to be sent, and no content of discarded ones', async () => {
    const reply = outgoingMessage(member, 'reply');
    let isDown = true;
    const send = async (messages: readonly object[]) =>
      new Map(isDown ? messages.map((message) => [message as typeof reply, new Error('down')] as const) : []);
    const it = subscriber({ 'rollcall.member.registered.v1': () => ({ send: [reply] }) }, false, { sender: { send } });
    await it.apply(REGISTERED, 5);
    expect(it.parked()).toEqual(['1 unsent']);
    await it.apply(deactivated(member, 2));
    expect([it.parked(), bodiesOf(it)]).toEqual([['1 unsent'], []]);
    isDown = false;
    it.pass(60 * MINUTE);
    await it.sweep();
    expect(it.parked()).toEqual([]);
  });

  it('erases messages that claim a later version, parked or discarded, even if forged', async () => {
    const it = subscriber();
    await it.apply(REGISTERED);
    await it.apply(profileChanged(member, 9));
    const forged = { ...profileChanged(member, 9), id: 'forged' };
    await it.apply(forged);
    await it.kit.discard({ aggregateId: member, version: 9, messageId: 'forged' }, 'it is forged');
    await it.apply(deactivated(member, 2));
    expect([it.versions(), bodiesOf(it)]).toEqual([[1, 2], []]);
    await it.sweep();
    expect(it.parked()).toEqual([]);
  });

  it('erases everything even after a crash before the erasure, when it is redelivered', async () => {
    const it = subscriber();
    await it.apply(REGISTERED);
    await it.apply(profileChanged(member, 9));
    const { eraseLeft } = it.store;
    it.store.eraseLeft = () => Promise.reject(new Error('dies'));
    await it.apply(deactivated(member, 2)).catch(() => {});
    expect([it.versions(), bodiesOf(it)]).toEqual([[1, 2], [expect.any(String)]]);
    it.store.eraseLeft = eraseLeft;
    await it.apply(deactivated(member, 2), 2);
    expect(bodiesOf(it)).toEqual([]);
  });

  it('erases a message that a sweep reads before the erasure and retries after it', async () => {
    const it = subscriber(breakable(new TransientError('not now'), true).handlers);
    await it.apply(REGISTERED, 5);
    expect(it.parked()).toEqual(['1 retry']);
    const { parkedOf } = it.store;
    it.store.parkedOf = async (id) => {
      const read = await parkedOf.call(it.store, id);
      await it.store.eraseLeft(id, LEFT.id);
      return read;
    };
    it.pass(60 * MINUTE);
    await it.sweep();
    expect([it.parked(), bodiesOf(it)]).toEqual([['1 retry'], []]);
  });

  it('erases messages that claim its own version', async () => {
    const it = subscriber();
    await it.apply(REGISTERED);
    await it.apply({ ...profileChanged(member, 3), id: 'forged' });
    await it.apply(CHANGED);
    await it.apply(LEFT);
    expect([it.versions(), bodiesOf(it)]).toEqual([[1, 2, 3], []]);
  });

  it.each([4, 5])(
    'is the last of its aggregate: a message of version %i is dropped and not stored',
    async (version) => {
      const it = subscriber();
      for (const message of [REGISTERED, CHANGED, LEFT]) await it.apply(message);
      const later = registered(member, version);
      expect(await it.apply(later)).toBe('duplicate');
      expect(await it.apply({ ...later, id: 'broken', data: {} })).toBe('duplicate');
      expect(await it.hold(later, 'skipped')).toBe('duplicate');
      expect(await it.parkDeadLetter(later, 'died')).toBe('duplicate');
      expect([it.versions(), it.parked(), bodiesOf(it)]).toEqual([[1, 2, 3], [], []]);
    },
  );

  it('drops in the sweep a message that was parked while it was applied', async () => {
    const it = subscriber();
    for (const message of [REGISTERED, CHANGED]) await it.apply(message);
    const { commit } = it.store;
    it.store.commit = async (...args) => {
      it.store.commit = commit;
      const claim = await commit.apply(it.store, args);
      const late = { aggregateId: member, version: 9, messageId: 'late', body: JSON.stringify(REGISTERED) };
      queueMicrotask(() => it.store.park({ ...late, reason: 'gap', attempts: 1, parkedAt: TIME.toISOString() }));
      return claim;
    };
    await it.apply(LEFT);
    expect(it.parked()).toEqual(['9 gap']);
    await it.sweep();
    expect([it.parked(), bodiesOf(it)]).toEqual([[], []]);
  });

  it.each(['live', 'by its sweep', 'from the dead letters'])(
    'erases when it is processed again, %s, if its function crashed right after its commit',
    async (how) => {
      const it = subscriber();
      await it.apply(REGISTERED);
      await it.apply({ ...profileChanged(member, 9), id: 'forged' });
      await it.kit.discard({ aggregateId: member, version: 9 }, 'it is forged').catch(() => {});
      const { eraseLeft } = it.store;
      it.store.eraseLeft = async () => {
        throw new TransientError('died');
      };
      const left = deactivated(member, 2);
      if (how === 'by its sweep') expect(await it.apply(left, 5)).toBe('parked');
      else await expect(it.apply(left)).rejects.toThrow('died');
      expect(bodiesOf(it)).not.toEqual([]);
      it.store.eraseLeft = eraseLeft;
      if (how === 'live') await it.apply(left);
      if (how === 'from the dead letters') await it.parkDeadLetter(left, 'died');
      it.pass(MINUTE);
      await it.sweep();
      expect([it.parked(), bodiesOf(it)]).toEqual([[], []]);
    },
  );

  it('erases a message that an operator discards at that moment', async () => {
    const it = subscriber();
    await it.apply(REGISTERED);
    await it.apply(profileChanged(member, 9));
    await it.apply({ ...profileChanged(member, 9), id: 'forged' });
    const { discard } = it.store;
    it.store.discard = async (...args) => {
      await it.apply(deactivated(member, 2));
      return discard.apply(it.store, args);
    };
    await it.kit.discard({ aggregateId: member, version: 9, messageId: 'forged' }, 'it is forged');
    expect([it.store.discarded.length, bodiesOf(it)]).toEqual([1, []]);
  });

  it('is final: messages below a late baseline are acknowledged, not kept', async () => {
    const it = subscriber({}, true);
    await it.apply(LEFT);
    it.pass(6 * MINUTE);
    await it.sweep();
    expect(it.versions()).toEqual([3]);
    expect(await it.apply(REGISTERED)).toBe('duplicate');
    expect(it.parked()).toEqual([]);
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
    const it = subscriber({ 'rollcall.member.registered.v1': () => ({ send: [reply] }) }, false, { sender: { send } });
    // Simulates a crash of the function before it parks the unsent reply.
    await it.apply(REGISTERED).catch(() => {});
    await it.parkDeadLetter(CHANGED, 'undelivered');
    const place = { aggregateId: member, version: 1, messageId: 'again' };
    const { body } = (await it.store.parkedOf(member))[0] as ParkedMessage;
    const times = { parkedAt: TIME.toISOString(), nextTryAt: TIME.toISOString() };
    await it.store.park({ ...place, body, reason: 'retry', attempts: 1, ...times });
    await it.apply(LEFT);
    isDown = false;
    it.pass(60 * MINUTE);
    await it.sweep();
    expect([sent, it.parked()]).toEqual([['reply'], []]);
  });

  it('cannot be discarded', async () => {
    const it = subscriber();
    await it.apply(REGISTERED);
    await it.hold(CHANGED, 'skipped');
    await it.apply(LEFT);
    await expect(it.discard(3)).rejects.toThrow('cannot be discarded');
  });

  it('that fails permanently waits for an operator, like every message', async () => {
    const it = subscriber({
      'rollcall.member.deactivated.v1': () => {
        throw new PermanentError('no');
      },
    });
    await it.hold(REGISTERED, 'skipped');
    await it.apply(deactivated(member, 2));
    await it.sweep();
    expect(await it.sweep()).toMatchObject({ applied: 0, forPerson: 1 });
    expect(it.store.discarded).toMatchObject([{ version: 1, body: '' }]);
    expect(it.store.waiting.values().next().value).toMatchObject({ reason: 'failed' });
  });
});

describe('an event that would erase but violates its contract', () => {
  it('has no precedence: earlier messages keep their turn', async () => {
    const it = subscriber(breakable(new PermanentError('no'), true).handlers);
    await it.apply(REGISTERED);
    await it.apply({ ...deactivated(member, 2), data: { memberId: 7 } });
    expect(await it.sweep()).toMatchObject({ applied: 0 });
    expect(it.parked()).toEqual(['1 failed', '2 gap']);
  });
});
