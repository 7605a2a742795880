import { transact } from '@rollcall/kit/internal/aws/transact';
import { readConsumerRecords } from 'rollcall/internal/reconcile/records';
import { republishLost } from 'rollcall/internal/reconcile/state-messages';
import { versionedChannels } from 'rollcall/internal/reconcile/versioned-channels';
import { subscribersOf } from 'rollcall/internal/stage/consumers';
import { OperatorError } from 'rollcall/internal/stage/errors';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { erasurePut } from '../../functions/registration/erasure.ts';
import type { DeactivatedMember } from '../../functions/registration/member.ts';
import { memberKey } from '../../functions/registration/store.ts';
import { members } from './aggregates.ts';

/**
 * Makes every service erase a member that the registration service has lost, for example after a table was restored.
 * Records the member as deactivated, with a version above the versions that the services have applied. Records the
 * erasure, and publishes the deactivation.
 * @throws {OperatorError} if no service stores data about the member, or if the registration service stores the member
 */
export async function forgetMember(stage: StageClient, id: string, now: Date): Promise<void> {
  const [events] = versionedChannels([members], await stage.templates());
  if (!events) return;
  const records = await Promise.all(
    events.consumers.map(async (consumer) => (await readConsumerRecords(stage, consumer, [id])).get(id)),
  );
  const versions = records.flatMap((one) => one?.version ?? []);
  if (versions.length === 0) throw new OperatorError(`No service stores data about a member ${id}.`);
  const deactivatedAt = now.toISOString();
  const deactivated: DeactivatedMember = {
    status: 'deactivated',
    id,
    version: Math.max(...versions) + 1,
    deactivatedAt,
  };
  const table = stage.table(members.table);
  const put = { TableName: table, Item: { ...memberKey(id), ...deactivated } };
  const services = subscribersOf(await stage.consumers());
  await transact(stage.dynamodb, [
    { Put: { ...put, ConditionExpression: 'attribute_not_exists(pk)' } },
    erasurePut(table, id, { requestedAt: deactivatedAt, services }),
  ]).catch((error: Error) => {
    if (error.name !== 'TransactionCanceledException') throw error;
    throw new OperatorError(
      `The registration service stores member ${id}. To erase the member: npm run ops -- member erase ${id}`,
    );
  });
  await republishLost(stage, events, id);
}
