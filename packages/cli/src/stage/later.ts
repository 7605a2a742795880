import { paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { LaterAnswer, LaterRequest } from '@rollcall/kit/internal/messaging/later/sweep';
import type { WaitingKey, WaitingMessage } from '@rollcall/kit/internal/messaging/later/waiting';
import { OperatorError } from './errors.ts';
import type { StageClient } from './stage.ts';
import { invoke } from './sweeps.ts';

/** The tables of scheduled messages, and the sweeps that send them: names without app and stage. */
async function tablesOf(stage: StageClient): Promise<Array<{ later: string; sweep: string }>> {
  return (await stage.outboxes()).flatMap(({ later, sweep }) => (later === undefined ? [] : [{ later, sweep }]));
}

/** The scheduled messages of a table. @param subject if set, only messages about this subject */
async function scheduledIn(stage: StageClient, later: string, subject?: string): Promise<WaitingMessage[]> {
  const { dynamodb: client } = stage;
  const table = { TableName: stage.table(later), ConsistentRead: true };
  const about = {
    KeyConditionExpression: '#subject = :subject',
    ExpressionAttributeNames: { '#subject': 'subject' },
    ExpressionAttributeValues: { ':subject': subject },
  };
  const pages =
    subject === undefined ? paginateScan({ client }, table) : paginateQuery({ client }, { ...table, ...about });
  return (await Array.fromAsync(pages)).flatMap(({ Items = [] }) => Items as WaitingMessage[]);
}

/** The scheduled messages of a stage, sorted by due time. @param subject if set, only messages about this subject */
export async function scheduledMessages(stage: StageClient, subject?: string): Promise<WaitingMessage[]> {
  const found = (await tablesOf(stage)).map(({ later }) => scheduledIn(stage, later, subject));
  return (await Promise.all(found)).flat().toSorted((a, b) => a.due.localeCompare(b.due));
}

/**
 * Makes the sweep send or cancel one message now.
 * @throws {OperatorError} if the message is not scheduled, or other transactions are sending messages about its subject
 */
export async function sendOrCancel(stage: StageClient, key: WaitingKey, what: 'sendNow' | 'cancel'): Promise<void> {
  const request: LaterRequest = what === 'cancel' ? { cancel: key } : { sendNow: key };
  for (const { later, sweep } of await tablesOf(stage)) {
    const scheduled = await scheduledIn(stage, later, key.subject);
    if (!scheduled.some(({ name }) => name === key.name)) continue;
    const answer = await invoke<LaterRequest, LaterAnswer>(stage, sweep, request);
    if ('cancelled' in answer ? answer.cancelled : answer.sent === 'released') return;
    if ('sent' in answer && answer.sent === 'busy')
      throw new OperatorError(`Other messages are being sent to ${key.subject} at the same time. Try again.`);
  }
  throw new OperatorError(
    `No message about ${key.subject} is scheduled as ${key.name}: it was sent or cancelled, or never existed. Scheduled messages: npm run ops -- later list`,
  );
}
