import type { Account } from './account.ts';
import { type Deployed, type Finding, good, type Plan, parameterIn } from './finding.ts';

const check = 'SMS';

const isSentByAws = ({ stage }: Plan) => stage.sms.providers.includes('aws');

export async function smsSandbox(plan: Plan, account: Account): Promise<Finding[]> {
  if (!isSentByAws(plan)) return [];
  if (!(await account.isSmsSandbox())) return [good(check, 'AWS End User Messaging is out of its sandbox')];
  const says = 'AWS End User Messaging is in its sandbox: texts go to phones that you have verified, and to no others.';
  const mend = 'https://docs.aws.amazon.com/sms-voice/latest/userguide/sandbox.html';
  return [{ check, state: 'beware', says, mend }];
}

/** Nothing to check if it is missing or not an ARN: the check of parameters reports that. */
export async function originationIdentity(plan: Plan, deployed: Deployed, account: Account): Promise<Finding[]> {
  if (!isSentByAws(plan)) return [];
  const name = 'SmsOriginationIdentity';
  const stack = plan.planned.find(({ template }) => template.Parameters?.[name])?.name ?? '';
  const arn = parameterIn(plan, deployed, stack, name);
  if (!arn?.startsWith('arn:')) return [];
  const { region } = await account.identity();
  const [, , , its] = arn.split(':');
  const missing = (says: string): Finding[] => [{ check, state: 'missing', says, mend: listingOf(arn) }];
  // A function sends SMS in its own region.
  if (its !== region) return missing(`${arn} is in ${its}, and texts are sent from ${region}.`);
  const status = await account.statusOfIdentity(arn);
  if (status === undefined) return missing(`The account has no ${arn} to send texts from.`);
  if (status === 'ACTIVE') return [good(check, `texts come from ${arn}`)];
  return [{ check, state: 'beware', says: `${arn} is ${status}: until it is ACTIVE, no text is sent from it.` }];
}

function listingOf(arn: string): string {
  const [, kind = ''] = /:(phone-number|pool|sender-id)\//.exec(arn) ?? [];
  return `aws pinpoint-sms-voice-v2 describe-${kind || 'phone-number'}s`;
}
