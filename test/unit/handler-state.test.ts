import type { MessageContext } from '@rollcall/kit/internal/messaging/handlers';
import { describe, expect, it, vi } from 'vitest';
import { profileChanged, registered } from '../support/builders.ts';
import { member, subscriber } from '../support/test-subscriber.ts';

/** Handlers that add one to the count of the item, and append the previous count to `seen`. */
function counting(seen: unknown[] = []) {
  const add = async (_: object, { state }: MessageContext) => {
    const { count = 0 } = (await state()) as { count?: number };
    seen.push(count);
    return { set: { count: count + 1 } };
  };
  return { 'rollcall.member.registered.v1': add, 'rollcall.member.profile-changed.v1': add };
}

describe('the state that a handler may read', () => {
  it('is the state after the previous version', async () => {
    const { apply, store } = subscriber(counting());
    for (const message of [registered(member), profileChanged(member, 2), profileChanged(member, 3)])
      expect(await apply(message)).toBe('applied');
    expect((await store.state(member)).state).toMatchObject({ count: 3 });
  });

  it('costs one read, however often it is used, and none if unused', async () => {
    const { apply, store } = subscriber({
      'rollcall.member.registered.v1': async (_, { state }) => {
        expect(await state()).toBe(await state());
        return {};
      },
      'rollcall.member.profile-changed.v1': () => ({}),
    });
    const read = vi.spyOn(store, 'state');
    await apply(registered(member));
    expect(read).toHaveBeenCalledTimes(1);
    await apply(profileChanged(member, 2));
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('is never older than the version on which the effect is committed', async () => {
    const seen: unknown[] = [];
    const { apply, store } = subscriber(counting(seen));
    const before = await store.state(member);
    // Another instance applies version 1 between the read and the commit of version 2.
    const read = vi.spyOn(store, 'state').mockImplementationOnce(async () => {
      await apply(registered(member));
      return before;
    });
    expect(await apply(profileChanged(member, 2))).toBe('parked');
    read.mockRestore();
    expect(seen).toEqual([0]);
    expect(store.effects.map(({ version }) => version)).toEqual([1]);
  });

  it('is not read for a version that was already applied', async () => {
    const seen: unknown[] = [];
    const { apply, store } = subscriber(counting(seen));
    await apply(registered(member));
    const version2 = profileChanged(member, 2);
    expect(await apply(version2)).toBe('applied');
    expect(await apply(version2, 2)).toBe('duplicate');
    expect(seen).toEqual([0, 1]);
    expect((await store.state(member)).state).toMatchObject({ count: 2 });
  });

  it('of an erased subject is never returned', async () => {
    const seen: unknown[] = [];
    const { apply, store } = subscriber(counting(seen));
    await apply(registered(member));
    store.cursors.set(member, { version: 1, erased: true });
    expect(await apply(profileChanged(member, 2))).not.toBe('applied');
    expect(seen).toEqual([0]);
  });
});
