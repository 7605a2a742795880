import { describe, expect, it } from 'vitest';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import type { Handlers } from '../../shared/messaging/applier.ts';
import { PermanentError, TransientError } from '../../shared/messaging/errors.ts';
import { createSubscriber } from '../../shared/messaging/subscriber.ts';
import { memberIdOf, profileChanged, registered, TIME } from '../support/builders.ts';
import { InMemorySubscriberStore } from '../support/in-memory-subscriber-store.ts';

const contracts = [memberRegistered, memberProfileChanged];
const member = memberIdOf(1);

const MINUTE = 60_000;

function subscriber(handlers: Handlers<(typeof contracts)[number]> = {}, joinsLate = false) {
  const store = new InMemorySubscriberStore();
  let ids = 0;
  let at = TIME.getTime();
  const kit = createSubscriber({
    store,
    queueName: 'test.fifo',
    joinsLate,
    contracts,
    handlers,
    now: () => new Date(at),
    newId: () => `owner-${++ids}`,
    random: () => 0,
  });
  const delivery = (body: string, receives = 1) => ({ body, receives, queueMessageId: 'q1' });
  return {
    store,
    kit,
    apply: (message: object, receives = 1) => kit.apply(delivery(JSON.stringify(message), receives)),
    setAside: (message: object, cause: 'died' | 'undelivered') =>
      kit.setAside(delivery(JSON.stringify(message), 10), cause),
    raw: (body: string) => kit.apply(delivery(body)),
    async sweep(mayGoOn = () => true) {
      const totals = { applied: 0, waiting: 0, forPerson: 0, errors: [] as unknown[] };
      await kit.sweep(mayGoOn, ({ applied, waiting, forPerson, version, error }) => {
        totals.applied += applied;
        totals.waiting += waiting;
        totals.forPerson += forPerson;
        if (error) totals.errors.push(`${version} ${error}`);
      });
      return totals;
    },
    pass: (ms: number) => {
      at += ms;
    },
    versions: () => store.effects.map(({ version }) => version),
    parked: () => [...store.waiting.values()].map(({ version, reason }) => `${version} ${reason}`),
  };
}

const parkedFirst = (store: InMemorySubscriberStore) => store.waiting.get(`${member}#1#${member}/1`);

/** Handlers that fail registrations for as long as they are broken. */
function breakable(error: Error, broken: boolean) {
  const service = {
    broken,
    handlers: {
      'rollcall.member.registered.v1': () => {
        if (service.broken) throw error;
        return {};
      },
    } satisfies Handlers<(typeof contracts)[number]>,
  };
  return service;
}

describe('subscriber', () => {
  it('applies a message once, however often it comes', async () => {
    const { apply, versions } = subscriber();
    expect([await apply(registered()), await apply(registered()), await apply(registered())]).toEqual([
      'applied',
      'duplicate',
      'duplicate',
    ]);
    expect(versions()).toEqual([1]);
  });

  it('parks what comes too early and applies it in order once its predecessor was applied', async () => {
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

  it('that joins late adopts the first version it meets after a while, and parks a lower one for a person', async () => {
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

  it('waits for version 1 for ever, and tells a person after an hour', async () => {
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

  it('parks a permanent failure with its error; successors wait behind it, and other aggregates go on', async () => {
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

  it('leaves what failed for good to a person, even if it would succeed by now', async () => {
    const service = breakable(new PermanentError('no such country'), true);
    const { apply, sweep, versions } = subscriber(service.handlers);
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    service.broken = false;
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 1, forPerson: 1 });
    expect(versions()).toEqual([]);
  });

  it('lets a transient failure through, changes nothing, and applies the message when it comes again', async () => {
    const service = breakable(new TransientError('provider is down'), true);
    const { apply, versions } = subscriber(service.handlers);
    await expect(apply(registered())).rejects.toThrow('provider is down');
    service.broken = false;
    expect(await apply(registered())).toBe('applied');
    expect(versions()).toEqual([1]);
  });

  it('parks what fails for now at its fifth receive; its successors wait, and the sweep tries it with growing pauses', async () => {
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

  it('does not call while another handler holds the lease', async () => {
    let calls = 0;
    const { apply, store } = subscriber({
      'rollcall.member.registered.v1': () => ({ call: async () => void calls++ }),
    });
    await store.lease(member, 0, { owner: 'another', from: TIME, until: new Date(TIME.getTime() + 1_000) });
    await expect(apply(registered())).rejects.toBeInstanceOf(TransientError);
    expect(calls).toBe(0);
  });

  it('gives the lease back when the external call fails, so that the next try calls again', async () => {
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
    // The same idempotency key both times.
    expect(keys).toEqual([`${member}/1`, `${member}/1`]);
    expect(versions()).toEqual([1]);
  });

  it('calls again with the same key if it died between call and commit, once its lease has ended', async () => {
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

  it('takes a failed message out of the parking place when it came again and was applied', async () => {
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

  it('does not take a duplicate, or what is too early, for a failure', async () => {
    const service = breakable(new PermanentError('rules are stricter now'), false);
    const { apply, parked } = subscriber(service.handlers);
    await apply(registered(member, 1));
    service.broken = true;
    expect(await apply(registered(member, 1))).toBe('duplicate');
    expect(await apply(registered(member, 3))).toBe('parked');
    expect(parked()).toEqual(['3 gap']);
  });

  it.each([
    [{ type: 'rollcall.member.promoted.v1' }, 'unknown type rollcall.member.promoted.v1'],
    [{ data: { memberId: member } }, 'breaks rollcall.member.registered.v1: phone'],
  ])('parks a message whose data it cannot read, with what is wrong: %j', async (change, what) => {
    const { apply, parked, store } = subscriber();
    expect(await apply({ ...registered(), ...change })).toBe('parked');
    expect(parked()).toEqual(['1 failed']);
    expect(parkedFirst(store)?.error).toContain(what);
    expect(await apply(profileChanged(member, 2))).toBe('parked');
  });

  it.each([
    ['no JSON', 'message is no JSON'],
    [JSON.stringify({ ...registered(), id: undefined }), 'id'],
    [JSON.stringify({ ...registered(), sequence: undefined }), 'is no version'],
  ])('parks what names no aggregate or version under its queue, as it is: %s', async (body, what) => {
    const { raw, store, sweep } = subscriber();
    expect(await raw(body)).toBe('parked');
    expect(store.waiting.get('test.fifo#0#q1')).toMatchObject({ reason: 'unreadable', body });
    expect(store.waiting.get('test.fifo#0#q1')?.error).toContain(what);
    expect(await sweep()).toMatchObject({ applied: 0, forPerson: 1 });
  });

  it('parks what killed its function for the sweep to try again, unless it was applied before', async () => {
    const { apply, setAside, parked, store, sweep, pass, versions } = subscriber();
    expect(await setAside(registered(member, 1), 'died')).toBe('parked');
    expect(parked()).toEqual(['1 retry']);
    expect(parkedFirst(store)).toMatchObject({ attempts: 10, error: expect.stringContaining('died') });
    pass(MINUTE);
    expect(await sweep()).toMatchObject({ applied: 1 });
    expect(versions()).toEqual([1]);
    await apply(registered(memberIdOf(2)));
    expect(await setAside(registered(memberIdOf(2)), 'died')).toBe('duplicate');
  });

  it('tries what its function died over after everything else, one by one', async () => {
    const order: string[] = [];
    const { setAside, sweep, pass } = subscriber({
      'rollcall.member.registered.v1': async ({ subject }) => {
        order.push(`${subject.slice(-1)} starts`);
        await Promise.resolve();
        order.push(`${subject.slice(-1)} ends`);
        return {};
      },
    });
    for (const n of [1, 2]) await setAside(registered(memberIdOf(n)), 'died');
    for (const n of [3, 4]) await setAside(registered(memberIdOf(n)), 'undelivered');
    pass(MINUTE);
    await sweep();
    expect(order.slice(0, 4).toSorted()).toEqual(['3 ends', '3 starts', '4 ends', '4 starts']);
    expect(order.slice(4)).toEqual(['1 starts', '1 ends', '2 starts', '2 ends']);
  });

  it('keeps what is known of a failure when the message comes again too early', async () => {
    const { apply, parked, store } = subscriber(breakable(new PermanentError('no such country'), true).handlers);
    await apply(registered(member, 1));
    const failed = { ...parkedFirst(store), version: 3, messageId: `${member}/3` };
    store.waiting.set(`${member}#3#${member}/3`, failed as never);
    await apply(profileChanged(member, 3));
    expect(parked()).toEqual(['1 failed', '3 failed']);
  });

  it('keeps two messages that claim the same version, and discards the one that is named', async () => {
    const service = breakable(new PermanentError('no such country'), true);
    const { apply, kit, sweep, store, versions } = subscriber(service.handlers);
    await apply(registered(member, 1));
    await apply({ ...registered(member, 1), id: 'a copy' });
    expect(store.waiting.size).toBe(2);
    const key = { aggregateId: member, version: 1 };
    await expect(kit.discard(key, 'a copy')).rejects.toThrow('2 messages claim version 1');
    await kit.discard({ ...key, messageId: 'a copy' }, 'a copy');
    service.broken = false;
    await kit.redrive([member], () => true);
    expect(versions()).toEqual([1]);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 0, forPerson: 0 });
  });

  it('tells a person of what fails for now for more than an hour', async () => {
    const service = breakable(new TransientError('the key of the gateway has expired'), true);
    const { apply, sweep, pass } = subscriber(service.handlers);
    await apply(registered(member, 1), 5);
    pass(59 * MINUTE);
    expect(await sweep()).toMatchObject({ forPerson: 0 });
    pass(2 * MINUTE);
    expect(await sweep()).toMatchObject({ forPerson: 1 });
    // Not due yet, and not forgotten.
    expect(await sweep()).toMatchObject({ forPerson: 1, errors: [] });
  });

  it('does not call the provider when its lease came late', async () => {
    let calls = 0;
    const { apply, store, pass } = subscriber({
      'rollcall.member.registered.v1': () => ({ call: async () => void calls++ }),
    });
    const { lease } = store;
    store.lease = async (...given) => {
      pass(6_000);
      return lease.apply(store, given);
    };
    await expect(apply(registered())).rejects.toThrow('its lease came late');
    expect(calls).toBe(0);
  });

  it('lets the sweep apply what SNS could not deliver', async () => {
    const { setAside, sweep, versions } = subscriber();
    await setAside(registered(member, 1), 'undelivered');
    await sweep();
    expect(versions()).toEqual([1]);
  });

  it('reports an aggregate whose table does not answer, and sweeps the others', async () => {
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

  it('begins no further aggregate when its time is over', async () => {
    const { apply, sweep, pass } = subscriber({}, true);
    for (const n of [1, 2, 3]) await apply(profileChanged(memberIdOf(n), 2));
    pass(10 * MINUTE);
    expect(await sweep(() => false)).toMatchObject({ applied: 0 });
  });
});

describe('redrive', () => {
  it('applies what failed and all behind it, in order, and what came live meanwhile in its place', async () => {
    const service = breakable(new PermanentError('no such country'), true);
    const { apply, kit, versions, parked } = subscriber(service.handlers);
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    await apply(profileChanged(member, 3));
    service.broken = false;
    expect(await kit.redrive([member], () => true)).toEqual([
      { aggregateId: member, applied: 3, waiting: 0, forPerson: 0 },
    ]);
    await apply(profileChanged(member, 4));
    expect(versions()).toEqual([1, 2, 3, 4]);
    expect(parked()).toEqual([]);
  });

  it('stops an aggregate at what fails again, and says why', async () => {
    const { apply, kit, parked, store } = subscriber(breakable(new PermanentError('no such country'), true).handlers);
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    expect(await kit.redrive([member], () => true)).toEqual([
      {
        aggregateId: member,
        applied: 0,
        waiting: 1,
        forPerson: 1,
        version: 1,
        error: 'PermanentError: no such country',
      },
    ]);
    expect(parked()).toEqual(['1 failed', '2 gap']);
    expect(parkedFirst(store)?.attempts).toBe(2);
  });

  it('counts a try before it is made, so that one which kills the function is seen', async () => {
    let attempts: number | undefined;
    const { setAside, kit, store } = subscriber({
      'rollcall.member.registered.v1': () => {
        attempts = parkedFirst(store)?.attempts;
        return {};
      },
    });
    await setAside(registered(member, 1), 'died');
    await kit.redrive([member], () => true);
    expect(attempts).toBe(11);
  });

  it('leaves to a person what the sweep died over five times', async () => {
    const store = { alive: true };
    const {
      apply,
      sweep,
      pass,
      parked,
      store: table,
    } = subscriber({
      'rollcall.member.registered.v1': () => {
        if (!store.alive) throw new TransientError('not now');
        return {};
      },
    });
    store.alive = false;
    await apply(registered(member, 1), 5);
    const { park } = table;
    // What dies writes nothing after its try has begun.
    table.park = async (message) =>
      message.unanswered || message.reason === 'failed' ? park.call(table, message) : undefined;
    for (let death = 1; death <= 6; death++) {
      expect(parked()).toEqual(['1 retry']);
      pass(16 * MINUTE);
      await sweep();
    }
    expect(parked()).toEqual(['1 failed']);
  });

  it('does not try what is below the baseline: its effect would come after later ones', async () => {
    const { apply, sweep, kit, pass, parked } = subscriber({}, true);
    await apply(profileChanged(member, 5));
    pass(10 * MINUTE);
    await sweep();
    await apply(profileChanged(member, 4));
    expect(await kit.redrive([member], () => true)).toMatchObject([{ applied: 0, forPerson: 1 }]);
    expect(parked()).toEqual(['4 below-baseline']);
  });

  it('applies what could not be read, once it can be', async () => {
    const { kit, store, raw, versions } = subscriber();
    await raw('{');
    expect(await kit.redrive(['test.fifo'], () => true)).toMatchObject([
      { applied: 0, error: expect.stringContaining('no JSON') },
    ]);
    const [parked] = store.waiting.values();
    if (parked) parked.body = JSON.stringify(registered());
    expect(await kit.redrive(['test.fifo'], () => true)).toMatchObject([{ applied: 1 }]);
    expect(versions()).toEqual([1]);
    expect(store.waiting.size).toBe(0);
  });
});

describe('discard', () => {
  const failing = () => breakable(new PermanentError('no such country'), true).handlers;
  const first = { aggregateId: member, version: 1 };

  it('skips one version and keeps it with the reason; the next ones go on', async () => {
    const { apply, sweep, kit, versions, store } = subscriber(failing());
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    await kit.discard(first, 'a test entry');
    await sweep();
    expect(versions()).toEqual([2]);
    expect(store.discarded).toMatchObject([
      { version: 1, discardedBecause: 'a test entry', error: expect.any(String) },
    ]);
    // It comes again, late: it was decided upon.
    expect(await apply(registered(member, 1))).toBe('duplicate');
    await expect(kit.discard(first, 'again')).rejects.toThrow('nothing waits for it');
  });

  it('refuses a version whose turn has not come, and one that is not parked', async () => {
    const { apply, kit } = subscriber(failing());
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    await expect(kit.discard({ ...first, version: 2 }, 'no')).rejects.toThrow('waits for an earlier one');
    await expect(kit.discard({ ...first, version: 3 }, 'no')).rejects.toThrow('nothing waits for it');
  });

  it('skips a version that never came, so that those which wait for it go on', async () => {
    const { apply, kit, sweep, versions, pass } = subscriber();
    await apply(registered(member, 1));
    await apply(profileChanged(member, 3));
    await expect(kit.discard({ ...first, version: 2 }, 'no')).rejects.toThrow('may still come');
    pass(61 * MINUTE);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 0, forPerson: 1 });
    await kit.discard({ ...first, version: 2 }, 'it was published before we subscribed');
    await sweep();
    expect(versions()).toEqual([1, 3]);
  });

  it('refuses the first version that was met for as long as an earlier one may be on its way', async () => {
    const { apply, kit, pass } = subscriber({}, true);
    await apply(profileChanged(member, 2));
    await expect(kit.discard({ ...first, version: 2 }, 'no')).rejects.toThrow('may still be on its way');
    pass(5 * MINUTE);
    await kit.discard({ ...first, version: 2 }, 'nobody needs it');
  });

  it('discards what cannot be read', async () => {
    const { raw, kit, store } = subscriber();
    await raw('{');
    await kit.discard({ aggregateId: 'test.fifo', version: 0, messageId: 'q1' }, 'noise');
    expect(store.discarded).toMatchObject([{ body: '{', discardedBecause: 'noise' }]);
    expect(store.waiting.size).toBe(0);
  });
});
