import { HeldError, PostponedError, TransientError } from '@rollcall/kit/internal/messaging/errors';
import { describe, expect, it } from 'vitest';
import { memberIdOf, profileChanged, registered, TIME } from '../support/builders.ts';
import { breakable, MINUTE, member, parkedFirst, subscriber } from '../support/test-subscriber.ts';

const later = (ms: number) => new Date(TIME.getTime() + ms);

describe('a postponed message', () => {
  it('is returned to its queue whatever its receive count, and is never parked', async () => {
    const service = breakable(new PostponedError('the provider is down', later(MINUTE)), true);
    const { apply, parked, versions } = subscriber(service.handlers);
    for (const receives of [1, 5, 60, 999]) {
      await expect(apply(registered(member), receives)).rejects.toThrow('the provider is down');
    }
    expect(parked()).toEqual([]);
    service.broken = false;
    await apply(registered(member), 1_000);
    expect(versions()).toEqual([1]);
  });

  it('that was parked before is retried when it is due, and the postponed attempt does not count', async () => {
    const service = breakable(new TransientError('down'), true);
    let error: Error = new TransientError('down');
    const { apply, sweep, store, pass, versions } = subscriber({
      'rollcall.member.registered.v1': () => {
        if (service.broken) throw error;
        return {};
      },
    });
    await apply(registered(member), 5);
    error = new PostponedError('the circuit is open', later(10 * MINUTE));
    pass(MINUTE);
    await sweep();
    expect(parkedFirst(store)).toMatchObject({
      reason: 'retry',
      attempts: 5,
      nextTryAt: later(10 * MINUTE).toISOString(),
    });
    expect(parkedFirst(store)).not.toHaveProperty('unanswered');
    service.broken = false;
    pass(8 * MINUTE);
    await sweep();
    expect(versions()).toEqual([]);
    pass(MINUTE);
    await sweep();
    expect(versions()).toEqual([1]);
  });
});

describe('a capability that is switched off', () => {
  it('prevents sweeps from applying messages, but not from reporting those that wait for an operator', async () => {
    const service = breakable(new TransientError('down'), true);
    const { apply, sweep, pass, parked, versions } = subscriber(service.handlers);
    await apply(registered(member), 5);
    await apply(profileChanged(member, 2));
    service.broken = false;
    pass(120 * MINUTE);
    expect(await sweep(() => true, true)).toMatchObject({ applied: 0, waiting: 1, forPerson: 1 });
    expect(parked()).toEqual(['1 retry', '2 gap']);
    await sweep();
    expect(versions()).toEqual([1, 2]);
  });

  it('does not lengthen the backoff of later failures', async () => {
    const service = breakable(new TransientError('down'), true);
    const { apply, store } = subscriber(service.handlers);
    await apply(registered(member), 200);
    expect(parkedFirst(store)).toMatchObject({ attempts: 5 });
    expect(Date.parse(parkedFirst(store)?.nextTryAt ?? '') - TIME.getTime()).toBeLessThan(MINUTE);
  });
});

describe('a message that a rule holds back', () => {
  const held = () =>
    subscriber({
      'rollcall.member.registered.v1': (_, { released }) => {
        if (!released) throw new HeldError('too many SMS to Spain');
        return {};
      },
    });

  it('waits, with its successors, until an operator releases it, and is not a failure', async () => {
    const { apply, sweep, redrive, parked, versions, pass, store } = held();
    expect(await apply(registered(member))).toBe('parked');
    await apply(profileChanged(member, 2));
    pass(120 * MINUTE);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 2, forPerson: 0, errors: [] });
    expect(parked()).toEqual(['1 held', '2 gap']);
    expect(parkedFirst(store)?.error).toBe('HeldError: too many SMS to Spain');
    await redrive();
    expect(versions()).toEqual([1, 2]);
    expect(parked()).toEqual([]);
  });

  it('blocks no message after it was redelivered and applied', async () => {
    let isHeld = true;
    const { apply, sweep, versions, parked } = subscriber({
      'rollcall.member.registered.v1': () => {
        if (isHeld) throw new HeldError('too many SMS to Spain');
        return {};
      },
    });
    await apply(registered(member));
    await apply(profileChanged(member, 2));
    isHeld = false;
    await apply(registered(member));
    await sweep();
    expect(versions()).toEqual([1, 2]);
    expect(parked()).toEqual([]);
  });

  it('is not released by a redrive that does not request the release', async () => {
    const { apply, redrive, versions } = held();
    await apply(registered(member));
    await apply(profileChanged(member, 2));
    await redrive(false);
    expect(versions()).toEqual([]);
  });

  it('is held again if it fails temporarily after its release', async () => {
    let down = true;
    const { apply, redrive, parked, versions } = subscriber({
      'rollcall.member.registered.v1': (_, { released }) => {
        if (!released) throw new HeldError('too many SMS to Spain');
        if (down) throw new TransientError('down');
        return {};
      },
    });
    await apply(registered(member));
    await redrive();
    expect(parked()).toEqual(['1 held']);
    down = false;
    await redrive();
    expect(versions()).toEqual([1]);
  });

  it('may be held without an attempt, unless it was applied before', async () => {
    const { apply, hold, redrive, parked, versions } = subscriber();
    await apply(registered(memberIdOf(2)));
    expect(await hold(registered(memberIdOf(2)), 'skipped')).toBe('duplicate');
    expect(await hold(registered(member), 'skipped')).toBe('parked');
    expect(await hold(profileChanged(member, 2), 'skipped')).toBe('parked');
    expect(parked()).toEqual(['1 held', '2 gap']);
    await redrive();
    expect(versions()).toEqual([1, 1, 2]);
  });
});

describe('a message that crashes the function', () => {
  const crashing = { 'rollcall.member.registered.v1': () => new Promise<never>(() => {}) };
  /** Simulates a crash of the function before the attempt ends. */
  const crashDuring = async ({ apply }: ReturnType<typeof subscriber>, receives: number) => {
    void apply(registered(member), receives);
    await new Promise(setImmediate);
  };

  it('is parked after five crashes, counted from the sixth receive on', async () => {
    const subject = subscriber(crashing);
    for (const receives of [1, 5]) await crashDuring(subject, receives);
    expect(await subject.isSuspect(registered(member), 5)).toBe(false);
    expect(await subject.isSuspect(registered(member), 6)).toBe(false);
    for (const receives of [6, 7, 8, 9, 10]) await crashDuring(subject, receives);
    expect(await subject.isSuspect(registered(member), 11)).toBe(true);
    expect(await subject.apply(registered(member), 11)).toBe('parked');
    expect(parkedFirst(subject.store)).toMatchObject({ reason: 'retry', attempts: 11, unanswered: 1 });
    expect(await subject.isSuspect(registered(member), 12)).toBe(false);
  });

  it('is no longer suspect after any completed attempt', async () => {
    const service = breakable(new PostponedError('down', later(MINUTE)), true);
    const { apply, isSuspect } = subscriber(service.handlers);
    await expect(apply(registered(member), 40)).rejects.toThrow('down');
    expect(await isSuspect(registered(member), 41)).toBe(false);
    service.broken = false;
    await apply(registered(member), 41);
    expect(await isSuspect(registered(member), 42)).toBe(false);
  });
});

describe('the outcome of a call', () => {
  it('that is unknown is reported to every later attempt until the message is applied', async () => {
    const reported: boolean[] = [];
    const outcomes = [
      new TransientError('no answer', { outcomeUnknown: true }),
      new TransientError('refused'),
      new Error('whatever this is'),
      undefined,
    ];
    const { apply } = subscriber({
      'rollcall.member.registered.v1': () => ({
        call: async (again) => {
          reported.push(again);
          const outcome = outcomes[reported.length - 1];
          if (outcome) throw outcome;
        },
      }),
    });
    for (let time = 0; time < 3; time++) await apply(registered(member)).catch(() => {});
    expect(await apply(registered(member))).toBe('applied');
    expect(reported).toEqual([false, true, true, true]);
  });

  it('is not reported as unknown if the call certainly had no effect', async () => {
    const reported: boolean[] = [];
    const { apply } = subscriber({
      'rollcall.member.registered.v1': () => ({
        call: async (again) => {
          reported.push(again);
          if (reported.length < 3) throw new TransientError('refused');
        },
      }),
    });
    for (let time = 0; time < 3; time++) await apply(registered(member)).catch(() => {});
    expect(reported).toEqual([false, false, false]);
  });
});
