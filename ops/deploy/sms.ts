import type { Account } from './account.ts';
import { type Deployed, type Finding, good, type Plan, parameterIn } from './finding.ts';

const check = 'SMS';

const isSentByAws = ({ stage }: Plan) => stage.sms.providers.includes('aws');

export async function smsSandbox(plan: Plan, account: Account): Promise<Finding[]> {
  if (!isSentByAws(plan)) return [];
  if (!(await account.isSmsSandbox())) return [good(check, 'AWS End User Messaging is out of its sandbox')];
  const says = 'AWS End User Messaging is in its sandbox. It sends SMS only to phones that you have verified.';
  const mend = 'https://docs.aws.amazon.com/sms-voice/latest/userguide/sandbox.html';
  return [{ check, state: 'beware', says, mend }];
}

/** Checks the origination identity. Skips a value that is not an ARN, because the check `parameters` reports it. */
export async function originationIdentity(plan: Plan, deployed: Deployed, account: Account): Promise<Finding[]> {
  if (!isSentByAws(plan)) return [];
  const name = 'SmsOriginationIdentity';
  const stack = plan.planned.find(({ template }) => template.Parameters?.[name])?.name ?? '';
  const arn = parameterIn(plan, deployed, stack, name);
  if (!arn?.startsWith('arn:')) return [];
  const { region } = await account.identity();
  const [, , , identityRegion] = arn.split(':');
  const missing = (says: string): Finding[] => [{ check, state: 'missing', says, mend: listingOf(arn) }];
  // A function sends SMS from its own region.
  if (identityRegion !== region) return missing(`${arn} is in ${identityRegion}, but SMS are sent from ${region}.`);
  const status = await account.statusOfIdentity(arn);
  if (status === undefined) return missing(`The account has no origination identity ${arn}.`);
  if (status === 'ACTIVE') return [good(check, `SMS are sent from ${arn}`)];
  return [{ check, state: 'beware', says: `${arn} is ${status}. It sends no SMS until it is ACTIVE.` }];
}

function listingOf(arn: string): string {
  const [, kind = ''] = /:(phone-number|pool|sender-id)\//.exec(arn) ?? [];
  return `aws pinpoint-sms-voice-v2 describe-${kind || 'phone-number'}s`;
}
