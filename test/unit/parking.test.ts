import { PermanentError, TransientError } from '@rollcall/kit/internal/messaging/errors';
import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import { describe, expect, it } from 'vitest';
import { memberIdOf, profileChanged, registered } from '../support/builders.ts';
import { breakable, MINUTE, member, parkedFirst, subscriber } from '../support/test-subscriber.ts';

describe('parking', () => {
  it('parks a permanent failure with its error; its successors wait, and other aggregates continue', async () => {
    const { apply, sweep, store, parked } = subscriber({
      'rollcall.member.registered.v1': ({ subject }) => {
        if (subject === member) throw new PermanentError('no such country');
        return {};
      },
    });
    expect(await apply(registered(member))).toBe('parked');
    expect(await apply(registered(memberIdOf(2)))).toBe('applied');
    await apply(profileChanged(member, 2));
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 1, forPerson: 1 });
    expect(parked()).toEqual(['1 failed', '2 gap']);
    expect(parkedFirst(store)?.error).toBe('PermanentError: no such country');
  });

  it('leaves a permanent failure to an operator, even if it would succeed now', async () => {
    const service = breakable(new PermanentError('no such country'), true);
    const { apply, sweep, versions } = subscriber(service.handlers);
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    service.broken = false;
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 1, forPerson: 1 });
    expect(versions()).toEqual([]);
  });

  it('parks a temporary failure at its fifth receive; its successors wait; the sweep retries it with growing pauses', async () => {
    const service = breakable(new TransientError('provider is down'), true);
    const { apply, sweep, versions, parked, pass, store } = subscriber(service.handlers);
    await expect(apply(registered(member, 1), 4)).rejects.toThrow('provider is down');
    expect(await apply(registered(member, 1), 5)).toBe('parked');
    expect(await apply(profileChanged(member, 2))).toBe('parked');
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 2, errors: [] });
    pass(32_000);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 2, errors: ['1 TransientError: provider is down'] });
    expect(parkedFirst(store)).toMatchObject({ reason: 'retry', attempts: 6 });
    service.broken = false;
    pass(20_000);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 2, errors: [] });
    pass(44_000);
    await sweep();
    expect(versions()).toEqual([1, 2]);
    expect(parked()).toEqual([]);
  });

  it('unparks a failed message after it was redelivered and applied', async () => {
    const service = breakable(new PermanentError('no such country'), true);
    const { apply, sweep, versions, parked } = subscriber(service.handlers);
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    service.broken = false;
    await apply(registered(member, 1));
    await sweep();
    expect(versions()).toEqual([1, 2]);
    expect(parked()).toEqual([]);
  });

  it('parks a message that crashed its function and was not applied before, so that the sweep retries it', async () => {
    const { apply, parkDeadLetter, parked, store, sweep, pass, versions } = subscriber();
    expect(await parkDeadLetter(registered(member, 1), 'died')).toBe('parked');
    expect(parked()).toEqual(['1 retry']);
    expect(parkedFirst(store)).toMatchObject({ attempts: 10, error: expect.stringContaining('crashed') });
    pass(MINUTE);
    expect(await sweep()).toMatchObject({ applied: 1 });
    expect(versions()).toEqual([1]);
    await apply(registered(memberIdOf(2)));
    expect(await parkDeadLetter(registered(memberIdOf(2)), 'died')).toBe('duplicate');
  });

  it('retries messages that crashed the function after all others, one by one', async () => {
    const order: string[] = [];
    const { parkDeadLetter, sweep, pass } = subscriber({
      'rollcall.member.registered.v1': async ({ subject }) => {
        order.push(`${subject.slice(-1)} starts`);
        await Promise.resolve();
        order.push(`${subject.slice(-1)} ends`);
        return {};
      },
    });
    for (const n of [1, 2]) await parkDeadLetter(registered(memberIdOf(n)), 'died');
    for (const n of [3, 4]) await parkDeadLetter(registered(memberIdOf(n)), 'undelivered');
    pass(MINUTE);
    await sweep();
    expect(order.slice(0, 4).toSorted()).toEqual(['3 ends', '3 starts', '4 ends', '4 starts']);
    expect(order.slice(4)).toEqual(['1 starts', '1 ends', '2 starts', '2 ends']);
  });

  it('keeps the recorded failure if the message is received again while a predecessor is missing', async () => {
    const { apply, parked, store } = subscriber(breakable(new PermanentError('no such country'), true).handlers);
    await apply(registered(member, 1));
    const failed = { ...parkedFirst(store), version: 3, messageId: `${member}/3` };
    store.waiting.set(`${member}#3#${member}/3`, failed as never);
    await apply(profileChanged(member, 3));
    expect(parked()).toEqual(['1 failed', '3 failed']);
  });

  it('keeps two messages that claim the same version, and discards the named one', async () => {
    const service = breakable(new PermanentError('no such country'), true);
    const { apply, kit, sweep, store, versions } = subscriber(service.handlers);
    await apply(registered(member, 1));
    await apply({ ...registered(member, 1), id: 'a copy' });
    expect(store.waiting.size).toBe(2);
    const key = { aggregateId: member, version: 1 };
    await expect(kit.discard(key, 'a copy')).rejects.toThrow('2 messages have version 1');
    await kit.discard({ ...key, messageId: 'a copy' }, 'a copy');
    service.broken = false;
    await kit.redrive([member], () => true);
    expect(versions()).toEqual([1]);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 0, forPerson: 0 });
  });

  it('reports a temporary failure to an operator after an hour', async () => {
    const service = breakable(new TransientError('the key of the gateway has expired'), true);
    const { apply, sweep, pass } = subscriber(service.handlers);
    await apply(registered(member, 1), 5);
    pass(59 * MINUTE);
    expect(await sweep()).toMatchObject({ forPerson: 0 });
    pass(2 * MINUTE);
    expect(await sweep()).toMatchObject({ forPerson: 1 });
    // The message is not due yet, but is still reported.
    expect(await sweep()).toMatchObject({ forPerson: 1, errors: [] });
  });

  it('lets the sweep apply a message that SNS could not deliver', async () => {
    const { parkDeadLetter, sweep, versions } = subscriber();
    await parkDeadLetter(registered(member, 1), 'undelivered');
    await sweep();
    expect(versions()).toEqual([1]);
  });

  it('reports an aggregate that cannot be read, and sweeps the others', async () => {
    const { apply, sweep, store, versions, pass } = subscriber({}, true);
    for (const n of [1, 2, 3]) await apply(profileChanged(memberIdOf(n), 2));
    const { parkedOf } = store;
    store.parkedOf = async (id) => {
      if (id === memberIdOf(2)) throw new Error('throttled');
      return parkedOf.call(store, id);
    };
    pass(10 * MINUTE);
    expect(await sweep()).toMatchObject({ applied: 2, errors: ['undefined Error: throttled'] });
    expect(versions()).toEqual([2, 2]);
  });

  it('lets the sweep start no further aggregate when its time is over', async () => {
    const { apply, sweep, pass } = subscriber({}, true);
    for (const n of [1, 2, 3]) await apply(profileChanged(memberIdOf(n), 2));
    pass(10 * MINUTE);
    expect(await sweep(() => false)).toMatchObject({ applied: 0 });
  });
});

describe('a retried message', () => {
  const poison = () =>
    subscriber({
      'rollcall.member.registered.v1': () => {
        throw new PermanentError('no such country');
      },
      'rollcall.member.profile-changed.v1': ({ data }) => {
        if (data.locale === 'zz') throw new PermanentError('no such language');
        return {};
      },
    });

  it('is counted by its new state, and waits for an operator after a permanent failure', async () => {
    const { apply, discard, redrive, sweep, parked } = poison();
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2, 'zz'));
    await apply(profileChanged(member, 3));
    await discard(1);
    expect(await redrive()).toMatchObject([{ version: 2, applied: 0, waiting: 1, forPerson: 1 }]);
    expect(parked()).toEqual(['2 failed', '3 gap']);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 1, forPerson: 1 });
  });

  it('waits for an operator as soon as its retry fails permanently', async () => {
    const service = breakable(new TransientError('not now'), true);
    const { apply, sweep, pass, parked, kit } = subscriber(service.handlers);
    await apply(registered(member, 1), 5);
    expect(await sweep()).toMatchObject({ waiting: 1, forPerson: 0 });
    service.error = new PermanentError('no such country');
    pass(MINUTE);
    expect(await sweep()).toMatchObject({ waiting: 0, forPerson: 1 });
    expect(parked()).toEqual(['1 failed']);
    service.error = new TransientError('not now');
    // After a temporary failure, the sweep retries the message again.
    expect(await kit.redrive([member], () => true)).toMatchObject([{ waiting: 1, forPerson: 0 }]);
    expect(parked()).toEqual(['1 retry']);
  });

  it('is counted under its own aggregate if it was unreadable before', async () => {
    const { kit, store, raw, parked } = poison();
    await raw('{');
    const [unreadable] = store.waiting.values();
    const repairedAs = (message: object) => {
      store.waiting.clear();
      store.waiting.set('q1', { ...(unreadable as ParkedMessage), body: JSON.stringify(message) });
      return kit.redrive(['test.fifo'], () => true);
    };
    expect(await repairedAs(profileChanged(member, 2))).toMatchObject([{ applied: 0, waiting: 1, forPerson: 0 }]);
    expect(parked()).toContain('2 gap');
    expect(await repairedAs(registered(member, 1))).toMatchObject([{ applied: 0, waiting: 0, forPerson: 1 }]);
    expect(parked()).toContain('1 failed');
  });

  it('is counted as obsolete if it was applied before', async () => {
    const { apply, kit, parkDeadLetter, store } = subscriber();
    await parkDeadLetter(registered(member, 1), 'undelivered');
    await apply(registered(member, 1));
    expect(await kit.redrive([member], () => true)).toMatchObject([
      { applied: 0, obsolete: 1, waiting: 0, forPerson: 0 },
    ]);
    expect(store.waiting.size).toBe(0);
  });
});

describe('redrive', () => {
  it('applies the failed message and its successors in order, and then new messages', async () => {
    const service = breakable(new PermanentError('no such country'), true);
    const { apply, kit, versions, parked } = subscriber(service.handlers);
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    await apply(profileChanged(member, 3));
    service.broken = false;
    expect(await kit.redrive([member], () => true)).toEqual([
      { aggregateId: member, applied: 3, obsolete: 0, waiting: 0, forPerson: 0 },
    ]);
    await apply(profileChanged(member, 4));
    expect(versions()).toEqual([1, 2, 3, 4]);
    expect(parked()).toEqual([]);
  });

  it('stops an aggregate at a message that fails again, and reports the error', async () => {
    const { apply, kit, parked, store } = subscriber(breakable(new PermanentError('no such country'), true).handlers);
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    expect(await kit.redrive([member], () => true)).toEqual([
      {
        aggregateId: member,
        applied: 0,
        obsolete: 0,
        waiting: 1,
        forPerson: 1,
        version: 1,
        error: 'PermanentError: no such country',
      },
    ]);
    expect(parked()).toEqual(['1 failed', '2 gap']);
    expect(parkedFirst(store)?.attempts).toBe(2);
  });

  it('counts an attempt before it is made, so that a crash is recorded', async () => {
    let attempts: number | undefined;
    const { parkDeadLetter, kit, store } = subscriber({
      'rollcall.member.registered.v1': () => {
        attempts = parkedFirst(store)?.attempts;
        return {};
      },
    });
    await parkDeadLetter(registered(member, 1), 'died');
    await kit.redrive([member], () => true);
    expect(attempts).toBe(11);
  });

  it('leaves a message to an operator after it crashed the sweep five times', async () => {
    const { apply, sweep, pass, parked, store } = subscriber(breakable(new TransientError('not now'), true).handlers);
    await apply(registered(member, 1), 5);
    const { park } = store;
    // A crashed sweep writes nothing after its attempt has begun.
    store.park = async (message) =>
      message.unanswered || message.reason === 'failed' ? park.call(store, message) : undefined;
    for (let run = 1; run <= 6; run++) {
      expect(parked()).toEqual(['1 retry']);
      pass(16 * MINUTE);
      await sweep();
    }
    expect(parked()).toEqual(['1 failed']);
  });

  it('does not retry a message below the baseline, because later messages were already applied', async () => {
    const { apply, sweep, kit, pass, parked } = subscriber({}, true);
    await apply(profileChanged(member, 5));
    pass(10 * MINUTE);
    await sweep();
    await apply(profileChanged(member, 4));
    expect(await kit.redrive([member], () => true)).toMatchObject([{ applied: 0, forPerson: 1 }]);
    expect(parked()).toEqual(['4 below-baseline']);
  });

  it('applies a formerly unreadable message', async () => {
    const { kit, store, raw, versions } = subscriber();
    await raw('{');
    expect(await kit.redrive(['test.fifo'], () => true)).toMatchObject([
      { applied: 0, error: expect.stringContaining('is not JSON') },
    ]);
    const [parked] = store.waiting.values();
    if (parked) parked.body = JSON.stringify(registered());
    expect(await kit.redrive(['test.fifo'], () => true)).toMatchObject([{ applied: 1 }]);
    expect(versions()).toEqual([1]);
    expect(store.waiting.size).toBe(0);
  });
});
