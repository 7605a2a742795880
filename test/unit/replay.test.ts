import { entriesOf, failedIn } from '@rollcall/local/internal/messages/published';
import { Archive } from '@rollcall/local/internal/services/archive';
import { openState, type State } from '@rollcall/local/internal/state/state';
import { describe, expect, it } from 'vitest';
import { profileChanged, registered } from '../support/builders.ts';
import { MINUTE, member, subscriber } from '../support/test-subscriber.ts';

const HISTORY = [registered(member), profileChanged(member, 2), profileChanged(member, 3)];

describe('a replayed history', () => {
  it('is applied from the beginning by a late subscriber that does not know the member yet', async () => {
    const { apply, versions, parked } = subscriber({}, true);
    for (const message of HISTORY) await apply(message);
    expect(versions()).toEqual([1, 2, 3]);
    expect(parked()).toEqual([]);
  });

  it('is parked below the baseline of a late subscriber, and recognized as a duplicate above it', async () => {
    const { apply, sweep, pass, versions, parked } = subscriber({}, true);
    await apply(profileChanged(member, 3));
    pass(5 * MINUTE);
    await sweep();
    expect(versions()).toEqual([3]);
    const outcomes = [];
    for (const message of HISTORY) outcomes.push(await apply(message));
    expect(outcomes).toEqual(['parked', 'parked', 'duplicate']);
    expect(parked()).toEqual(['1 below-baseline', '2 below-baseline']);
    expect(versions()).toEqual([3]);
  });

  it('waits for an operator if its beginning is no longer in the archive', async () => {
    const { apply, sweep, pass, versions, parked } = subscriber();
    for (const message of HISTORY.slice(1)) await apply(message);
    pass(61 * MINUTE);
    expect(await sweep()).toMatchObject({ applied: 0, forPerson: 1 });
    expect(versions()).toEqual([]);
    expect(parked()).toEqual(['2 gap', '3 gap']);
  });
});

describe('the archived messages of a call', () => {
  const form = new URLSearchParams({
    Action: 'PublishBatch',
    TopicArn: 'topic',
    ...Object.fromEntries(
      [1, 2].flatMap((position) =>
        Object.entries({
          Id: `id-${position}`,
          Message: `body ${position}`,
          MessageGroupId: 'group',
          'MessageAttributes.entry.1.Name': 'type',
          'MessageAttributes.entry.1.Value.DataType': 'String',
          'MessageAttributes.entry.1.Value.StringValue': `type-${position}`,
        }).map(([field, value]) => [`PublishBatchRequestEntries.member.${position}.${field}`, value]),
      ),
    ),
  });

  it('are all messages of a batch, with their groups and attributes', () => {
    expect(entriesOf(form)).toEqual([
      { id: 'id-1', body: 'body 1', group: 'group', attributes: { type: 'type-1' } },
      { id: 'id-2', body: 'body 2', group: 'group', attributes: { type: 'type-2' } },
    ]);
  });

  it('include the message of a single call', () => {
    const single = new URLSearchParams({ Action: 'Publish', Message: 'body', MessageGroupId: 'group' });
    expect(entriesOf(single)).toEqual([{ id: '', body: 'body', group: 'group', attributes: {} }]);
  });

  it('exclude messages that failed', () => {
    const member = (id: string) => `<member><Id>${id}</Id></member>`;
    expect(failedIn(`<Successful>${member('a')}</Successful>\n<Failed>${member('b')}</Failed>`)).toEqual(
      new Set(['b']),
    );
  });
});

describe('the archive of a topic', () => {
  const DAY_MS = 24 * 3_600_000;
  const archiveOn = (state: State) =>
    new Archive(state, {
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  const publish = (archive: Archive, TopicArn: string) =>
    archive.recordPublished(
      'Publish',
      `${new URLSearchParams({ TopicArn, Message: 'body', MessageGroupId: 'g' })}`,
      '',
    );
  const archived = ({ database }: State) => database.prepare('SELECT topic FROM archive').all().length;

  it('contains only messages of topics with a retention, and none after the retention is removed', () => {
    const state = openState(undefined);
    const archive = archiveOn(state);
    archive.setRetention('kept', 7);
    publish(archive, 'kept');
    publish(archive, 'other');
    expect(archived(state)).toBe(1);
    archive.setRetention('kept', undefined);
    expect(archived(state)).toBe(0);
    archive.close();
  });

  it('deletes messages that are older than the retention', () => {
    const state = openState(undefined);
    const archive = archiveOn(state);
    archive.setRetention('kept', 7);
    publish(archive, 'kept');
    publish(archive, 'kept');
    state.database.prepare('UPDATE archive SET published_at = ? WHERE id = 1').run(Date.now() - 7 * DAY_MS - 1);
    archive.setRetention('kept', 7);
    expect(archived(state)).toBe(1);
    archive.close();
  });
});
