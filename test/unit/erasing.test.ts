import { describe, expect, it } from 'vitest';
import { PermanentError, TransientError } from '../../shared/messaging/errors.ts';
import type { ParkedMessage } from '../../shared/messaging/subscriber-store.ts';
import { deactivated, outgoingMessage, profileChanged, registered, TIME } from '../support/builders.ts';
import { breakable, MINUTE, member, subscriber } from '../support/test-subscriber.ts';

const REGISTERED = registered(member);
const CHANGED = profileChanged(member, 2);
const LEFT = deactivated(member, 3);
const bodiesOf = ({ store }: ReturnType<typeof subscriber>) =>
  [...store.waiting.values(), ...store.discarded].map(({ body }) => body).filter((body) => body !== '');

describe('an event that erases', () => {
  it('waits for no predecessor that failed: what that said is dropped, and not kept', async () => {
    const it = subscriber(breakable(new PermanentError('no'), true).handlers);
    for (const message of [REGISTERED, CHANGED, LEFT]) await it.apply(message);
    expect(it.parked()).toEqual(['1 failed', '2 gap', '3 gap']);
    expect(await it.sweep()).toMatchObject({ applied: 1, waiting: 0, forPerson: 0 });
    expect([it.versions(), it.parked(), bodiesOf(it)]).toEqual([[3], [], []]);
    expect(it.store.discarded).toMatchObject([
      { version: 1, discardedBecause: 'its subject left' },
      { version: 2, discardedBecause: 'its subject left' },
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

  it('waits for a predecessor that is still on its way, and so does what lies between', async () => {
    const it = subscriber();
    await it.apply(CHANGED);
    await it.apply(LEFT);
    expect(await it.sweep()).toMatchObject({ applied: 0 });
    expect(it.parked()).toEqual(['2 gap', '3 gap']);
    await it.apply(REGISTERED);
    await it.sweep();
    expect([it.versions(), it.parked(), bodiesOf(it)]).toEqual([[1, 3], [], []]);
  });

  it('is applied untried by no rule that holds messages back', async () => {
    const it = subscriber();
    await it.apply(REGISTERED);
    await it.hold(CHANGED, 'skipped');
    await it.hold(LEFT, 'skipped');
    await it.sweep(() => true, true);
    expect([it.versions(), it.parked()]).toEqual([[1, 3], []]);
  });

  it('leaves nothing of what has still to be sent but its place, and nothing of what was discarded', async () => {
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

  it('is the last word: what comes below a late baseline is acknowledged, not kept', async () => {
    const it = subscriber({}, true);
    await it.apply(LEFT);
    it.pass(6 * MINUTE);
    await it.sweep();
    expect(it.versions()).toEqual([3]);
    expect(await it.apply(REGISTERED)).toBe('duplicate');
    expect(it.parked()).toEqual([]);
  });

  it('drops nothing that was applied and has still to send what follows', async () => {
    const reply = outgoingMessage(member, 'reply');
    const sent: string[] = [];
    let isDown = true;
    const send = async (messages: ReadonlyArray<typeof reply>) => {
      if (isDown) return new Map(messages.map((message) => [message, new Error('down')] as const));
      sent.push(...messages.map(({ messageId }) => messageId));
      return new Map();
    };
    const it = subscriber({ 'rollcall.member.registered.v1': () => ({ send: [reply] }) }, false, { sender: { send } });
    // As if its function had died before it parked what could not be sent.
    await it.apply(REGISTERED).catch(() => {});
    await it.setAside(CHANGED, 'undelivered');
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

  it('that fails for good waits for a person, as every message does', async () => {
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

describe('an event that would erase, and breaks its contract', () => {
  it('makes way for nothing: what is before it keeps its turn', async () => {
    const it = subscriber(breakable(new PermanentError('no'), true).handlers);
    await it.apply(REGISTERED);
    await it.apply({ ...deactivated(member, 2), data: { memberId: 7 } });
    expect(await it.sweep()).toMatchObject({ applied: 0 });
    expect(it.parked()).toEqual(['1 failed', '2 gap']);
  });
});
