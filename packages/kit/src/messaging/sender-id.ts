import { applicationOf, serviceOf } from '../contracts/channel.ts';

/**
 * Whether a message was sent by a function of the service that it names as its source. For a role's session, SQS
 * reports the role's unique id and the session's name
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html). A function's session
 * has the name of the function: docs/decisions/0024-consumers-verify-senders.md.
 * @param prefix name prefix of the stage's functions, starting with the application's name: `rollcall-prod-`
 */
export function isSentBy(source: string, senderId: string | undefined, prefix: string): boolean {
  const [roleId = '', session = ''] = (senderId ?? '').split(':');
  const service = serviceOf(source);
  if (service === undefined || !prefix.startsWith(`${applicationOf(source)}-`)) return false;
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
  return roleId.startsWith('AROA') && session.startsWith(`${prefix}${service}-`);
}
