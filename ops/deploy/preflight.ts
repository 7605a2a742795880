import type { Account } from './account.ts';
import { raisedAlarms } from './alarms.ts';
import { dangersOf } from './changes.ts';
import { discoveryFault } from './discovery.ts';
import { type Deployed, type Finding, good, type Plan, parameterIn } from './finding.ts';
import { concurrency, newTables, queueLoad, topicLoad } from './load.ts';
import { namesTaken, RETAINED_TYPE_NAMES } from './names.ts';
import { originationIdentity, smsSandbox } from './sms.ts';

/**
 * The lowest version of the bootstrap stack that CDK's templates require (aws-cdk-lib/core, DefaultStackSynthesizer).
 */
const BOOTSTRAP_VERSION = 6;

/**
 * Checks the requirements of a deployment, and returns the findings. The finding of a missing requirement usually names
 * its remedy. Changes nothing.
 * @param httpFetch replaces `fetch`
 */
export async function preflight(plan: Plan, account: Account, httpFetch = fetch): Promise<Finding[]> {
  const credentialFindings = await credentials(account);
  // Without credentials, nothing else can be checked.
  if (credentialFindings.some(({ state }) => state !== 'good')) return credentialFindings;
  let stacks: Deployed;
  try {
    stacks = new Map(
      await Promise.all(plan.planned.map(async ({ name }) => [name, await account.stack(name)] as const)),
    );
  } catch (error) {
    // Without the deployed stacks, it cannot be checked whether the deployment would replace or delete data.
    return [...credentialFindings, { ...uncheckedFinding('stacks', error), state: 'missing' }];
  }
  // A stack whose first deployment failed contains no data, and must be deleted before the next deployment.
  // `stuckStacks` reports this stack. The other checks treat it as not deployed.
  const deployed: Deployed = new Map(
    [...stacks].map(([name, stack]) => [name, CREATION_FAILED.test(stack?.status ?? '') ? undefined : stack]),
  );
  const rest = await Promise.all([
    findingsOf('bootstrap', () => bootstrap(account)),
    findingsOf('parameters', async () => parameters(plan, deployed)),
    findingsOf('token issuer', () => tokenIssuer(plan, deployed, httpFetch)),
    findingsOf('stacks', async () => stuckStacks(stacks)),
    ...RETAINED_TYPE_NAMES.map((type) => findingsOf('names', () => namesTaken(type, plan, deployed, account))),
    findingsOf('changes', async () => changes(plan, deployed)),
    findingsOf('concurrent functions', () => concurrency(plan, account)),
    findingsOf('messages a second', () => topicLoad(plan, account)),
    findingsOf('calls to a queue', () => queueLoad(plan, account)),
    findingsOf('tables', async () => newTables(plan, deployed)),
    findingsOf('alarms', () => raisedAlarms(plan, account)),
    findingsOf('SMS', () => smsSandbox(plan, account)),
    findingsOf('SMS', () => originationIdentity(plan, deployed, account)),
  ]);
  return [...credentialFindings, ...rest.flat()];
}

/**
 * Runs a check. If the check itself fails, its finding reports the failure and does not stop the deployment, because an
 * emulator may not support the call, or the role may lack the permission.
 */
async function findingsOf(check: string, query: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await query();
  } catch (error) {
    return [uncheckedFinding(check, error)];
  }
}

/** IAM's error message (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html). */
const DENIED = /not authorized to perform:? ([\w-]+:\w+)/;

function uncheckedFinding(check: string, error: unknown): Finding {
  const { name, message, $response } = error as Error & { $response?: { statusCode: number } };
  const [, permission] = DENIED.exec(message) ?? [];
  if (permission)
    return {
      check,
      state: 'unknown',
      says: `The check failed, because your user or role may not call ${permission}.`,
      mend: `allow your user or role to call ${permission} on *`,
    };
  // The SDK cannot parse a response that is not in AWS's format.
  const says =
    error instanceof SyntaxError && $response
      ? `The API is not supported: it returned ${$response.statusCode} in a format that is not AWS's.`
      : `The check failed: ${name}: ${message.split('\n')[0]}`;
  return { check, state: 'unknown', says };
}

async function credentials(account: Account): Promise<Finding[]> {
  const check = 'credentials';
  try {
    const { account: id, region } = await account.identity();
    return [good(check, `account ${id}, region ${region}`)];
  } catch (error) {
    const { message } = error as Error;
    const mend = /region is missing/i.test(message)
      ? 'export AWS_REGION=eu-central-1, or another region'
      : 'aws configure, aws sso login, or export AWS_PROFILE=…';
    return [{ check, state: 'missing', says: message, mend }];
  }
}

async function bootstrap(account: Account): Promise<Finding[]> {
  const check = 'bootstrap';
  const { account: id, region } = await account.identity();
  const version = await account.bootstrapVersion();
  if (version !== undefined && version >= BOOTSTRAP_VERSION) return [good(check, `version ${version}`)];
  const says =
    version === undefined
      ? 'CDK is not bootstrapped in this account and region.'
      : `CDK is bootstrapped with version ${version}, but ${BOOTSTRAP_VERSION} is required.`;
  return [{ check, state: 'missing', says, mend: `npx cdk bootstrap aws://${id}/${region}` }];
}

async function parameters(plan: Plan, deployed: Deployed): Promise<Finding[]> {
  const check = 'parameters';
  const known = plan.planned.flatMap(({ name: stack, template }) =>
    Object.entries(template.Parameters ?? {}).map(([name, parameter]) => ({ stack, name, ...parameter })),
  );
  const needed = known.filter(({ Default }) => Default === undefined);
  const wrong = needed.flatMap(({ stack, name, Description = '', AllowedPattern }): Finding[] => {
    const value = parameterIn(plan, deployed, stack, name);
    const mend = `npm run deploy -- … --parameters ${stack}:${name}=…`;
    if (!value) return [{ check, state: 'missing', says: `${name}: ${Description}`, mend }];
    if (AllowedPattern === undefined || new RegExp(`^(?:${AllowedPattern})$`).test(value)) return [];
    return [{ check, state: 'missing', says: `${name}: ${value} is refused. ${Description}`, mend }];
  });
  const unknown = Object.entries(plan.parameters).flatMap(([stack, values]) =>
    Object.keys(values)
      .filter((name) => !known.some((one) => one.stack === stack && one.name === name))
      .map((name): Finding => {
        const says = `No stack ${stack} of stage ${plan.stage.name} has a parameter ${name}.`;
        const all = needed.map((one) => `${one.stack}:${one.name}`).join(', ');
        return { check, state: 'missing', says: `${says} The parameters without a default are: ${all}.` };
      }),
  );
  const all = [...wrong, ...unknown];
  return all.length > 0 ? all : [good(check, `all ${needed.length} required parameters have a value`)];
}

/**
 * Checks the issuer. API Gateway calls the issuer to create the authorizer; without a response, the deployment fails.
 */
async function tokenIssuer(plan: Plan, deployed: Deployed, httpFetch: typeof fetch): Promise<Finding[]> {
  const check = 'token issuer';
  const stack = plan.planned.find(({ template }) => template.Parameters?.TokenIssuer)?.name ?? '';
  const issuer = parameterIn(plan, deployed, stack, 'TokenIssuer');
  if (!issuer) return [];
  const fault = await discoveryFault(issuer, httpFetch);
  if (!fault) return [good(check, issuer)];
  const mend = `curl -i ${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return [{ check, state: 'missing', says: fault, mend }];
}

/** The states of a stack after a failed first deployment. */
const CREATION_FAILED = /^ROLLBACK_(COMPLETE|FAILED)$/;

/**
 * Returns the `aws cloudformation` command to run next for a stack that CloudFormation does not update in its current
 * state. The command repairs or deletes the stack or, while another operation is in progress, shows the events of the
 * stack. Returns undefined if CloudFormation updates the stack
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes).
 */
function nextCommand(status: string): string | undefined {
  if (CREATION_FAILED.test(status) || status === 'DELETE_FAILED') return 'delete-stack';
  if (status === 'UPDATE_ROLLBACK_FAILED') return 'continue-update-rollback';
  // The states after a failed `cdk deploy --no-rollback`. A rollback restores the last stable state, and deletes a
  // stack without one (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html).
  if (/^(CREATE|UPDATE)_FAILED$/.test(status)) return 'rollback-stack';
  if (status === 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS') return undefined;
  // Another deployment or deletion is in progress.
  if (status.endsWith('_IN_PROGRESS')) return 'describe-stack-events';
  return undefined;
}

async function stuckStacks(stacks: Deployed): Promise<Finding[]> {
  const check = 'stacks';
  const existing = [...stacks].flatMap(([name, stack]) => (stack ? [{ name, status: stack.status }] : []));
  const stuck = existing.flatMap(({ name, status }): Finding[] => {
    const command = nextCommand(status);
    if (!command) return [];
    const says = `${name} is in state ${status}, in which CloudFormation does not update it.`;
    return [{ check, state: 'missing', says, mend: `aws cloudformation ${command} --stack-name ${name}` }];
  });
  if (stuck.length > 0) return stuck;
  return [
    good(check, existing.length === 0 ? 'no stack exists yet' : `${existing.length} of ${stacks.size} stacks exist`),
  ];
}

/** Finds changes that would replace or delete data, or that CloudFormation would refuse. */
function changes({ planned }: Plan, deployed: Deployed): Finding[] {
  const check = 'changes';
  const before = [...deployed].flatMap(([name, stack]) => (stack ? [[name, stack.template] as const] : []));
  const after = planned.map(({ name, template }) => [name, template] as const);
  const dangers = dangersOf(Object.fromEntries(before), Object.fromEntries(after));
  if (dangers.length === 0) return [good(check, 'no resource with data is replaced or deleted')];
  return dangers.map(({ stack, what }) => ({ check, state: 'missing', says: `${stack}: ${what}` }));
}
