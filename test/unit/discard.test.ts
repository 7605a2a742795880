import { PermanentError } from '@rollcall/kit/internal/messaging/errors';
import { describe, expect, it } from 'vitest';
import { profileChanged, registered } from '../support/builders.ts';
import { breakable, MINUTE, member, subscriber } from '../support/test-subscriber.ts';

describe('discard', () => {
  const failing = () => breakable(new PermanentError('no such country'), true).handlers;
  const first = { aggregateId: member, version: 1 };

  it('skips one version and stores it with the reason; the next ones are applied', async () => {
    const { apply, sweep, kit, versions, store } = subscriber(failing());
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    await kit.discard(first, 'a test entry');
    await sweep();
    expect(versions()).toEqual([2]);
    expect(store.discarded).toMatchObject([
      { version: 1, discardedBecause: 'a test entry', error: expect.any(String) },
    ]);
    // A late copy of the discarded message is a duplicate.
    expect(await apply(registered(member, 1))).toBe('duplicate');
    await expect(kit.discard(first, 'again')).rejects.toThrow('nothing waits for it');
  });

  it('refuses a version behind an earlier parked one, and a version that is neither parked nor waited for', async () => {
    const { apply, kit } = subscriber(failing());
    await apply(registered(member, 1));
    await apply(profileChanged(member, 2));
    await expect(kit.discard({ ...first, version: 2 }, 'no')).rejects.toThrow('waits for an earlier version');
    await expect(kit.discard({ ...first, version: 3 }, 'no')).rejects.toThrow('nothing waits for it');
  });

  it('skips a missing version, so that later ones continue', async () => {
    const { apply, kit, sweep, versions, pass } = subscriber();
    await apply(registered(member, 1));
    await apply(profileChanged(member, 3));
    await expect(kit.discard({ ...first, version: 2 }, 'no')).rejects.toThrow('may still arrive');
    pass(61 * MINUTE);
    expect(await sweep()).toMatchObject({ applied: 0, waiting: 0, forPerson: 1 });
    await kit.discard({ ...first, version: 2 }, 'it was published before we subscribed');
    await sweep();
    expect(versions()).toEqual([1, 3]);
  });

  it('refuses a missing version below the baseline, because no message waits for it', async () => {
    const { apply, kit, sweep, pass } = subscriber({}, true);
    await apply(profileChanged(member, 4));
    pass(5 * MINUTE);
    await sweep();
    await apply(profileChanged(member, 6));
    pass(61 * MINUTE);
    await expect(kit.discard({ ...first, version: 2 }, 'no')).rejects.toThrow('is below its baseline');
  });

  it('refuses the first received version as long as an earlier one may be in transit', async () => {
    const { apply, kit, pass } = subscriber({}, true);
    await apply(profileChanged(member, 2));
    await expect(kit.discard({ ...first, version: 2 }, 'no')).rejects.toThrow('which may still arrive');
    pass(5 * MINUTE);
    await kit.discard({ ...first, version: 2 }, 'nobody needs it');
  });

  it('discards only one of two messages that claim the same version, if both are discarded at the same moment', async () => {
    const { apply, kit, parked } = subscriber(failing());
    await apply(registered(member, 1));
    await apply({ ...registered(member, 1), id: 'forged' });
    const ids = [registered(member, 1).id, 'forged'];
    const ended = await Promise.allSettled(ids.map((messageId) => kit.discard({ ...first, messageId }, 'which?')));
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(parked()).toEqual(['1 failed']);
    await kit.discard({ ...first, messageId: 'forged' }, 'neither');
    expect(await apply(profileChanged(member, 2))).toBe('applied');
  });

  it('discards an unreadable message', async () => {
    const { raw, kit, store } = subscriber();
    await raw('{');
    await kit.discard({ aggregateId: 'test.fifo', version: 0, messageId: 'q1' }, 'noise');
    expect(store.discarded).toMatchObject([{ body: '{', discardedBecause: 'noise' }]);
    expect(store.waiting.size).toBe(0);
  });
});
