import { describe, expect, it } from 'vitest';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { PermanentError, TransientError, UnreadableMessageError } from '../../shared/messaging/errors.ts';
import { createSubscriber, type Handlers } from '../../shared/messaging/subscriber.ts';
import { memberIdOf, profileChanged, registered, TIME } from '../support/builders.ts';
import { InMemorySubscriberStore } from '../support/in-memory-subscriber-store.ts';

const contracts = [memberRegistered, memberProfileChanged];
const member = memberIdOf(1);

function subscriber(handlers: Handlers<(typeof contracts)[number]> = {}) {
  const store = new InMemorySubscriberStore();
  let ids = 0;
  const kit = createSubscriber({ store, contracts, handlers, now: () => TIME, newId: () => `owner-${++ids}` });
  const apply = (message: object, receives = 1) => kit.apply(JSON.stringify(message), receives);
  const versions = () => store.effects.map(({ version }) => version);
  const parked = () => [...store.waiting.values()].map(({ version, reason }) => `${version} ${reason}`);
  return { store, apply, sweep: kit.sweep, versions, parked, raw: (body: string) => kit.apply(body, 1) };
}

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

  it('adopts the first version it meets as baseline, and parks a lower one for a person', async () => {
    const { apply, sweep, store, parked } = subscriber();
    expect(await apply(profileChanged(member, 5))).toBe('applied');
    expect(store.cursors.get(member)).toMatchObject({ version: 5, baseline: 5 });
    expect(await apply(profileChanged(member, 4))).toBe('parked');
    await sweep();
    expect(parked()).toEqual(['4 below-baseline']);
  });

  it('does not adopt a version while a lower one is parked', async () => {
    const { apply, versions, parked } = subscriber({
      'rollcall.member.registered.v1': () => {
        throw new PermanentError('no such country');
      },
    });
    await apply(registered(member, 1));
    expect(await apply(profileChanged(member, 2))).toBe('parked');
    expect(versions()).toEqual([]);
    expect(parked()).toEqual(['1 failed', '2 gap']);
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
    expect(store.waiting.get(`${member}#1`)?.error).toBe('PermanentError: no such country');
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

  it('parks what fails for now at its last receive, so that its successors wait and the sweep goes on trying', async () => {
    const service = breakable(new TransientError('provider is down'), true);
    const { apply, sweep, versions, parked } = subscriber(service.handlers);
    await expect(apply(registered(member, 1), 9)).rejects.toThrow('provider is down');
    expect(await apply(registered(member, 1), 10)).toBe('parked');
    expect(await apply(profileChanged(member, 2))).toBe('parked');
    expect(await sweep()).toMatchObject({ applied: 0, failed: [{ messageId: `${member}/1` }] });
    service.broken = false;
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
    expect(store.waiting.get(`${member}#1`)?.error).toContain(what);
    expect(await apply(profileChanged(member, 2))).toBe('parked');
  });

  it.each([
    ['no JSON', 'message is no JSON'],
    [JSON.stringify({ ...registered(), id: undefined }), 'id'],
    [JSON.stringify({ ...registered(), sequence: undefined }), 'is no version'],
  ])('cannot park what names no aggregate or version, and says so: %s', async (body, what) => {
    const { raw } = subscriber();
    const failure = await raw(body).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnreadableMessageError);
    expect((failure as Error).message).toContain(what);
  });
});
