import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { InvocationType, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListTopicsCommand, paginateListSubscriptions, SNSClient } from '@aws-sdk/client-sns';
import { addressOf, isOnThisMachine, issuerOf } from '../issuer.ts';
import type { StageClient } from '../stage.ts';
import { type Check, type CheckResult, failed, notChecked, ok, warning } from './examination.ts';

export const region: Check = async ({ stage, isEmbedded }) => {
  if (isEmbedded) return notChecked('an embedded cloud is in one region only');
  const used = await stage.dynamodb.config.region();
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  if (AWS_REGION && AWS_DEFAULT_REGION && AWS_REGION !== AWS_DEFAULT_REGION) {
    return warning(
      `AWS_REGION is ${AWS_REGION}, AWS_DEFAULT_REGION is ${AWS_DEFAULT_REGION}: these commands use ${used}, but other programs may use the other region`,
      'set both to the same region',
    );
  }
  return ok(used);
};

/** AWS rejects a signature if the clock is off by five minutes or more. */
const SKEW_MS = { failed: 5 * 60_000, warning: 30_000 };

export const clock: Check = async ({ stage }) => {
  const client = new SNSClient(stage.config);
  let serverDate = '';
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      serverDate = (result.response as { headers: Record<string, string> }).headers.date ?? '';
      return result;
    },
    { step: 'deserialize' },
  );
  await client.send(new ListTopicsCommand({}));
  return skewResult(Date.parse(serverDate) - Date.now());
};

export function skewResult(skewMs: number): CheckResult {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Number.isNaN(skewMs)) return notChecked('the response had no date');
  if (Math.abs(skewMs) < SKEW_MS.warning) return ok('the clock of this machine is correct');
  const found = `the clock of this machine is ${seconds} seconds ${skewMs > 0 ? 'behind' : 'ahead'}`;
  const remedy = 'synchronize the clock: timedatectl set-ntp true';
  return Math.abs(skewMs) < SKEW_MS.failed ? warning(found, remedy) : failed(found, remedy);
}

/** Checks, without changing anything, that the commands of `ops` may read tables and invoke sweeps. */
export const permissions: Check = async ({ stage }) => {
  const [subscribers, outboxes] = await Promise.all([stage.subscribers(), stage.outboxes()]);
  const lambda = new LambdaClient(stage.config);
  const attempts = [
    ...subscribers.map((name) => ({ what: `read ${stage.table(name)}`, tryOut: () => firstOf(stage.parked(name)) })),
    ...outboxes.map(({ name }) => ({ what: `read ${stage.table(name)}`, tryOut: () => firstOf(stage.outbox()) })),
    ...[...subscribers.map((name) => `${name}-sweep`), ...outboxes.map(({ sweep }) => sweep)].map((name) => ({
      what: `invoke ${stage.table(name)}`,
      tryOut: () => dryRun(lambda, stage.table(name)),
    })),
  ];
  const denied = await Promise.all(
    attempts.map(async ({ what, tryOut }) => {
      try {
        await tryOut();
        return [];
      } catch (error) {
        return [`${what} (${(error as Error).name})`];
      }
    }),
  );
  const all = denied.flat();
  if (all.length === 0) return ok('you may read the tables of all consumers and outboxes, and invoke all sweeps');
  return failed(`you may not ${all.join(', ')}`, 'use a role with the permissions that docs/reliability.md lists');
};

const dryRun = (lambda: LambdaClient, FunctionName: string) =>
  lambda.send(new InvokeCommand({ FunctionName, InvocationType: InvocationType.DryRun }));

const firstOf = async (pages: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of pages) return;
};

const hasAlarms = async (stage: StageClient) =>
  (await stage.resources()).some(({ type }) => type === 'AWS::CloudWatch::Alarm');

export const alarms: Check = async ({ stage, isEmbedded }) => {
  if (isEmbedded) return notChecked('the embedded cloud has no alarms');
  if (!(await hasAlarms(stage))) return notChecked('the stage has no alarms');
  const client = new CloudWatchClient(stage.config);
  const pages = paginateDescribeAlarms({ client }, { AlarmNamePrefix: stage.table(''), StateValue: 'ALARM' });
  const raised = (await Array.fromAsync(pages)).flatMap(({ MetricAlarms = [] }) => MetricAlarms);
  if (raised.length === 0) return ok('no alarm is raised');
  return failed(
    raised.map(({ AlarmName, AlarmDescription }) => AlarmDescription ?? AlarmName).join(' '),
    'follow the description of the alarm, then run this command again',
  );
};

/** Checks that an operator has filled in the secrets that the deployment generated with empty fields. */
export const secrets: Check = async ({ stage }) => {
  const client = new SecretsManagerClient(stage.config);
  const toFillIn = (await stage.resources()).flatMap(({ type, properties }) => {
    const { GenerateSecretString = {}, Name } = properties as {
      GenerateSecretString?: { SecretStringTemplate?: string };
      Name?: string;
    };
    if (type !== 'AWS::SecretsManager::Secret' || !Name) return [];
    const fields = Object.entries(JSON.parse(GenerateSecretString.SecretStringTemplate ?? '{}'));
    const empty = fields.filter(([, value]) => value === '').map(([field]) => field);
    return empty.length > 0 ? [{ Name, empty }] : [];
  });
  const unfilled = await Promise.all(
    toFillIn.map(async ({ Name, empty }) => {
      const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId: Name }));
      const value = JSON.parse(SecretString) as Record<string, string>;
      return empty.every((field) => value[field]) ? [] : [Name];
    }),
  );
  const names = unfilled.flat();
  if (names.length === 0) return ok(`all ${toFillIn.length} secrets are filled in`);
  return warning(
    `${names.join(', ')} has empty fields: functions that need these fields do not work`,
    `aws secretsmanager put-secret-value --secret-id ${names[0]} --secret-string '{…}': docs/governance.md`,
  );
};

export const tokenIssuer: Check = async ({ stage }) => {
  const issuer = await issuerOf(stage);
  if (!issuer) return failed('the foundation stack has no parameter TokenIssuer', `deploy it: docs/security.md`);
  const address = addressOf(issuer);
  const remedy = isOnThisMachine(address)
    ? 'start it: npm run ops -- issuer'
    : `npm run deploy -- -c stage=${stage.name} --parameters ${stage.table('foundation')}:TokenIssuer=https://…`;
  const url = `${address}/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const { issuer: actualIssuer } = (await response.json()) as { issuer?: string };
    if (actualIssuer === issuer) return ok(`${issuer} issues tokens`);
    return failed(
      `${url} returns ${response.status} and names ${actualIssuer ?? 'no issuer'} instead of ${issuer}`,
      remedy,
    );
  } catch (error) {
    return failed(`no token is accepted, because ${url} does not respond: ${(error as Error).message}`, remedy);
  }
};

export const alarmMail: Check = async ({ stage, isEmbedded }) => {
  if (isEmbedded) return notChecked('the embedded cloud sends no mail');
  if (!(await hasAlarms(stage))) return notChecked('the stage has no alarms');
  const pages = paginateListSubscriptions({ client: new SNSClient(stage.config) }, {});
  const all = (await Array.fromAsync(pages)).flatMap(({ Subscriptions = [] }) => Subscriptions);
  const subscriptions = all.filter(({ TopicArn }) => TopicArn?.endsWith(`:${stage.table('alarms')}`));
  if (subscriptions.length === 0)
    return warning(
      'alarms notify no address',
      'set alarmByEmail in infra/stages.ts and deploy, or subscribe an address to the topic by hand',
    );
  const pending = subscriptions.filter(({ SubscriptionArn }) => SubscriptionArn === 'PendingConfirmation');
  if (pending.length === 0) return ok(`${subscriptions.length} addresses are notified of alarms`);
  return warning(
    'an address is not notified of alarms: it has not confirmed its subscription',
    'confirm it with the link in the email from AWS',
  );
};
