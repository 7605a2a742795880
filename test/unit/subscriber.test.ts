import { PermanentError, TransientError } from '@rollcall/kit/internal/messaging/errors';
import { describe, expect, it } from 'vitest';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { profileChanged, registered, TIME } from '../support/builders.ts';
import { breakable, MINUTE, member, parkedFirst, subscriber } from '../support/test-subscriber.ts';

describe('subscriber', () => {
  it('applies a message once, even if it is delivered several times', async () => {
    const { apply, versions } = subscriber();
    expect([await apply(registered()), await apply(registered()), await apply(registered())]).toEqual([
      'applied',
      'duplicate',
      'duplicate',
    ]);
    expect(versions()).toEqual([1]);
  });

  it('parks an early message and applies it in order after its predecessor', async () => {
    const { apply, sweep, versions, parked } = subscriber();
    await apply(registered(member, 1));
    await apply(profileChanged(member, 4));
    await apply(profileChanged(member, 3));
    expect(parked()).toEqual(['4 gap', '3 gap']);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 2 });
    await apply(profileChanged(member, 2));
    expect(await sweep()).toMatchObject({ applied: 2, waiting: 0 });
    expect(versions()).toEqual([1, 2, 3, 4]);
    expect(parked()).toEqual([]);
  });

  it('moves the cursor for a type that it has no handler for', async () => {
    const { apply, store } = subscriber();
    await apply(registered());
    await apply(profileChanged());
    expect(store.cursors.get(member)?.version).toBe(2);
  });

  it('that joins late takes the lowest parked version as its baseline after five minutes, and parks lower versions for an operator', async () => {
    const { apply, sweep, store, parked, pass, versions } = subscriber({}, true);
    expect(await apply(profileChanged(member, 5))).toBe('parked');
    expect(await apply(profileChanged(member, 6))).toBe('parked');
    pass(4 * MINUTE);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 2 });
    pass(MINUTE);
    expect(await sweep()).toMatchObject({ applied: 2, waiting: 0 });
    expect(versions()).toEqual([5, 6]);
    expect(store.cursors.get(member)).toMatchObject({ version: 6, baseline: 5 });
    expect(await apply(profileChanged(member, 4))).toBe('parked');
    expect(await sweep()).toMatchObject({ applied: 0, forPerson: 1 });
    expect(parked()).toEqual(['4 below-baseline']);
  });

  it('waits for version 1 forever, and reports this to an operator after an hour', async () => {
    const { apply, sweep, pass, versions } = subscriber();
    await apply(profileChanged(member, 2));
    pass(59 * MINUTE);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 1, forPerson: 0 });
    pass(2 * MINUTE);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 0, forPerson: 1 });
    await apply(registered(member, 1));
    await sweep();
    expect(versions()).toEqual([1, 2]);
  });

  it('rethrows a transient failure, changes no state, and applies the message when it is redelivered', async () => {
    const service = breakable(new TransientError('provider is down'), true);
    const { apply, versions } = subscriber(service.handlers);
    await expect(apply(registered())).rejects.toThrow('provider is down');
    service.broken = false;
    expect(await apply(registered())).toBe('applied');
    expect(versions()).toEqual([1]);
  });

  it('calls an external service under a lease, before it commits', async () => {
    const seen: unknown[] = [];
    const { apply, store } = subscriber({
      'rollcall.member.registered.v1': ({ subject }) => ({
        call: async () =>
          void seen.push({ leased: store.cursors.get(subject)?.lease?.until, effects: store.effects.length }),
      }),
    });
    await apply(registered());
    expect(seen).toEqual([{ leased: new Date(TIME.getTime() + 15_000), effects: 0 }]);
    expect(store.cursors.get(member)).toEqual({ version: 1 });
  });

  it('does not call the external service while another handler holds the lease', async () => {
    let calls = 0;
    const { apply, store } = subscriber({
      'rollcall.member.registered.v1': () => ({ call: async () => void calls++ }),
    });
    await store.lease(member, 0, { owner: 'another', from: TIME, until: new Date(TIME.getTime() + 1_000) });
    await expect(apply(registered())).rejects.toBeInstanceOf(TransientError);
    expect(calls).toBe(0);
  });

  it('releases the lease when the external call fails, so that the next attempt calls again', async () => {
    const keys: string[] = [];
    const { apply, versions } = subscriber({
      'rollcall.member.registered.v1': ({ id }) => ({
        call: async () => {
          keys.push(id);
          if (keys.length === 1) throw new TransientError('no answer');
        },
      }),
    });
    await expect(apply(registered())).rejects.toThrow('no answer');
    expect(await apply(registered())).toBe('applied');
    // Both calls use the same idempotency key.
    expect(keys).toEqual([`${member}/1`, `${member}/1`]);
    expect(versions()).toEqual([1]);
  });

  it('calls again with the same key after a crash between call and commit, but only after the lease has ended', async () => {
    const keys: string[] = [];
    const { apply, store } = subscriber({
      'rollcall.member.registered.v1': ({ id }) => ({ call: async () => void keys.push(id) }),
    });
    const { commit } = store;
    store.commit = async () => {
      throw new Error('the process died');
    };
    await expect(apply(registered())).rejects.toThrow('died');
    store.commit = commit;
    await expect(apply(registered())).rejects.toThrow('another handler');
    const held = store.cursors.get(member);
    if (held?.lease) held.lease.until = new Date(TIME.getTime() - 1);
    expect(await apply(registered())).toBe('applied');
    expect(keys).toEqual([`${member}/1`, `${member}/1`]);
  });

  it('does not treat a duplicate or an early message as a failure', async () => {
    const service = breakable(new PermanentError('rules are stricter now'), false);
    const { apply, parked } = subscriber(service.handlers);
    await apply(registered(member, 1));
    service.broken = true;
    expect(await apply(registered(member, 1))).toBe('duplicate');
    expect(await apply(registered(member, 3))).toBe('parked');
    expect(parked()).toEqual(['3 gap']);
  });

  it('does not call the provider when it acquired its lease too late', async () => {
    let calls = 0;
    const { apply, store, pass } = subscriber({
      'rollcall.member.registered.v1': () => ({ call: async () => void calls++ }),
    });
    const { lease } = store;
    store.lease = async (...given) => {
      pass(6_000);
      return lease.apply(store, given);
    };
    await expect(apply(registered())).rejects.toThrow('lease acquired too late');
    expect(calls).toBe(0);
  });
});

describe('a sender', () => {
  const [POINTS, GUIDE] = ['/rollcall/points', '/rollcall/guide'];
  const replies = {
    senders: { anyServiceOf: 'rollcall' },
    sendersOf: { [memberRegistered.type]: [POINTS] },
    messages: [],
  } as const;
  const prefixed = (service: string) => `AROAEXAMPLE:rollcall-dev-${service}`;
  const from = (source: string, message: object = registered()) => ({ ...message, source });

  it.each([
    ['that owns the type', from(POINTS), 'applied'],
    ['that does not own the type', from(GUIDE), 'parked'],
    ['of a type that no service owns', from(GUIDE, profileChanged(member, 1)), 'applied'],
    ['that is not a service', from('/evil', profileChanged(member, 1)), 'parked'],
    ['that is a service of another application', from('/shop/guide', profileChanged(member, 1)), 'parked'],
    [
      'whose name, sms-points, could also be the start of function names of another service (sms)',
      from('/rollcall/sms-points', profileChanged(member, 1)),
      'parked',
    ],
  ])('may send only messages that its channel allows: a sender %s', async (_, message, outcome) => {
    const { apply, store } = subscriber({}, false, { channel: replies });
    expect(await apply(message)).toBe(outcome);
    if (outcome === 'parked') expect([...store.waiting.values()]).toMatchObject([{ reason: 'unreadable', version: 0 }]);
  });

  it('may not send an event in an old rendition if it may not send the new rendition', async () => {
    const channel = { ...replies, sendersOf: { [memberRegisteredV2.type]: [POINTS] }, messages: [memberRegisteredV2] };
    const { apply } = subscriber({}, false, { channel });
    expect(await apply(from(GUIDE))).toBe('parked');
    expect(await apply(from(POINTS))).toBe('applied');
  });

  it.each([
    ['by a function of its source', prefixed('points-commands-consume'), 'applied'],
    ['by a function of another service', prefixed('guide-consume'), 'parked'],
    ['by a function of the service pointsmen, whose name begins with points', prefixed('pointsmen-consume'), 'parked'],
    ['by a function of another stage', 'AROAEXAMPLE:rollcall-prod-points-consume', 'parked'],
    ['by a role without a session name', 'AROAEXAMPLE', 'parked'],
    ['by a user', 'AIDAEXAMPLE', 'parked'],
    ['by a federated user with the name of a function', '123456789012:rollcall-dev-points-consume', 'parked'],
    ['by an unknown sender', undefined, 'parked'],
  ])('is verified: a message that was sent %s', async (_, senderId, outcome) => {
    const { apply, store } = subscriber({}, false, { channel: replies, senderPrefix: 'rollcall-dev-' });
    expect(await apply(from(POINTS), 1, senderId)).toBe(outcome);
    if (outcome === 'applied') return;
    const why = `sent by ${senderId}, which is not a function of ${POINTS}`;
    expect([...store.waiting.values()]).toMatchObject([{ reason: 'unreadable', error: expect.stringContaining(why) }]);
    expect([...store.waiting.values()][0]?.senderId).toBe(senderId);
  });

  it('is verified: a function may not send for a service with the same name in another application', async () => {
    const channel = { senders: ['/shop/points'], messages: [] };
    const { apply } = subscriber({}, false, { channel, senderPrefix: 'rollcall-dev-' });
    expect(await apply(from('/shop/points'), 1, prefixed('points-consume'))).toBe('parked');
  });

  it('is verified whenever a parked message is retried', async () => {
    const service = breakable(new PermanentError('no'), true);
    const { apply, kit, store, versions } = subscriber(service.handlers, false, {
      channel: replies,
      senderPrefix: 'rollcall-dev-',
    });
    await apply(from(POINTS), 1, 'AIDAEXAMPLE');
    await apply(from(POINTS), 1, prefixed('points-consume'));
    service.broken = false;
    const redriven = async () =>
      (await kit.redrive(['test.fifo', member], () => true)).map(({ forPerson }) => forPerson);
    const failed = parkedFirst(store);
    if (failed) failed.senderId = prefixed('guide-consume');
    expect(await redriven()).toEqual([1, 1]);
    expect(versions()).toEqual([]);
    expect(parkedFirst(store)).toMatchObject({ reason: 'failed', error: expect.stringContaining('sent by') });
    const retried = parkedFirst(store);
    if (retried) retried.senderId = prefixed('points-consume');
    expect(await redriven()).toEqual([1, 0]);
    expect(versions()).toEqual([1]);
  });

  it('is not verified without a sender prefix', async () => {
    expect(await subscriber({}, false, { channel: replies }).apply(from(POINTS))).toBe('applied');
  });
});
