import type { Stage } from '../../infra/stages.ts';
import type { AssembledStack, TemplateResource } from '../../local/template/assembly.ts';
import type { Account, DeployedStack } from './account.ts';
import { dangersOf } from './changes.ts';
import { discoveryFault } from './discovery.ts';

export interface Finding {
  /** What was looked at. */
  check: string;
  /** `missing`: the deployment would fail, or nobody could use it. `beware`: it works, and not as the settings say. */
  state: 'good' | 'beware' | 'missing' | 'unknown';
  says: string;
  /** How it is mended: a command, if there is one. */
  mend?: string;
}

export interface Plan {
  stage: Stage;
  planned: readonly AssembledStack[];
  /** As `--parameters STACK:Name=Value` gives them. */
  parameters: Readonly<Record<string, Record<string, string>>>;
}

/** CDK's own templates ask for it (aws-cdk-lib/core, DefaultStackSynthesizer). */
const BOOTSTRAP_VERSION = 6;
/** How long a request that waits for nothing keeps a function busy, with a margin. */
const REQUEST_SECONDS = 0.1;
const WAIT_SECONDS = 20;
/** Versions 1 and 2 of the event. */
const MESSAGES_PER_REGISTRATION = 2;
/** Of a table that is new and paid by request (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html). */
const NEW_TABLE_WRITES = 4_000;
/** Writes of a registration to its busiest table. */
const WRITES_PER_REGISTRATION = 4;
const LAMBDA_QUOTA =
  'aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value';

const good = (check: string, says: string): Finding => ({ check, state: 'good', says });

/** Looks at what a deployment needs, and says of each thing that is missing how to get it. It changes nothing. */
export async function preflight(plan: Plan, account: Account, fetched = fetch): Promise<Finding[]> {
  const who = await credentials(account);
  // Without them, nothing else can be asked.
  if (who.some(({ state }) => state !== 'good')) return who;
  const deployed = new Map(
    await Promise.all(plan.planned.map(async ({ name }) => [name, await account.stack(name)] as const)),
  );
  const rest = await Promise.all([
    asked('bootstrap', () => bootstrap(account)),
    asked('parameters', async () => missingParameters(plan, deployed)),
    asked('token issuer', () => tokenIssuer(plan, deployed, fetched)),
    asked('stacks', async () => stuckStacks(deployed)),
    asked('names', () => namesTaken(plan, deployed, account)),
    asked('changes', async () => changes(plan, deployed)),
    asked('functions at once', () => concurrency(plan, account)),
    asked('messages a second', () => messages(plan, account)),
    asked('tables', async () => newTables(plan, deployed)),
    asked('SMS', () => smsSandbox(plan, account)),
  ]);
  return [...who, ...rest.flat()];
}

/** What cannot be asked is said, and stops nobody: a drop-in may not have it, a role may not be allowed to. */
async function asked(check: string, question: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await question();
  } catch (error) {
    const { name, message } = error as Error;
    return [{ check, state: 'unknown', says: `it could not be asked: ${name}: ${message.split('\n')[0]}` }];
  }
}

async function credentials(account: Account): Promise<Finding[]> {
  const check = 'credentials';
  try {
    const { account: id, region } = await account.identity();
    return [good(check, `account ${id}, region ${region}`)];
  } catch (error) {
    const { message } = error as Error;
    const mend = /region is missing/i.test(message)
      ? 'export AWS_REGION=eu-central-1, or whichever you choose'
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
      ? 'CDK has not been prepared in this account and region.'
      : `CDK was prepared with version ${version}, and ${BOOTSTRAP_VERSION} is needed.`;
  return [{ check, state: 'missing', says, mend: `npx cdk bootstrap aws://${id}/${region}` }];
}

type Deployed = ReadonlyMap<string, DeployedStack | undefined>;

/** A parameter keeps its value from one deployment to the next. */
const parameterIn = ({ parameters }: Plan, deployed: Deployed, stack: string, name: string) =>
  parameters[stack]?.[name] ?? deployed.get(stack)?.parameters[name];

async function missingParameters(plan: Plan, deployed: Deployed): Promise<Finding[]> {
  const check = 'parameters';
  const needed = plan.planned.flatMap(({ name: stack, template }) =>
    Object.entries(template.Parameters ?? {})
      .filter(([, { Default }]) => Default === undefined)
      .map(([name, { Description = '' }]) => ({ stack, name, Description })),
  );
  const missing = needed.filter(({ stack, name }) => !parameterIn(plan, deployed, stack, name));
  if (missing.length === 0) return [good(check, `${needed.length} are given`)];
  return missing.map(({ stack, name, Description }) => ({
    check,
    state: 'missing',
    says: `${name}: ${Description}`,
    mend: `npm run deploy -- … --parameters ${stack}:${name}=…`,
  }));
}

/** API Gateway asks it when the authorizer is created; if it gets no answer, so does the deployment. */
async function tokenIssuer(plan: Plan, deployed: Deployed, fetched: typeof fetch): Promise<Finding[]> {
  const check = 'token issuer';
  const stack = plan.planned.find(({ template }) => template.Parameters?.TokenIssuer)?.name ?? '';
  const issuer = parameterIn(plan, deployed, stack, 'TokenIssuer');
  if (!issuer) return [];
  const fault = await discoveryFault(issuer, fetched);
  if (!fault) return [good(check, issuer)];
  const mend = `curl -i ${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return [{ check, state: 'missing', says: fault, mend }];
}

async function stuckStacks(deployed: Deployed): Promise<Finding[]> {
  const check = 'stacks';
  const there = [...deployed].filter(([, stack]) => stack !== undefined);
  const stuck = there.filter(([, stack]) => /^(ROLLBACK_COMPLETE|.*_FAILED)$/.test(stack?.status ?? ''));
  if (stuck.length === 0) return [good(check, there.length === 0 ? 'none yet' : `${there.length} of ${deployed.size}`)];
  return stuck.map(([name, stack]) => ({
    check,
    state: 'missing',
    says: `${name} is ${stack?.status}: CloudFormation does not update it.`,
    mend:
      stack?.status === 'UPDATE_ROLLBACK_FAILED'
        ? `aws cloudformation continue-update-rollback --stack-name ${name}`
        : `aws cloudformation delete-stack --stack-name ${name}`,
  }));
}

/** What a stage keeps outlives its stacks, and a first deployment finds its names taken. */
async function namesTaken({ planned }: Plan, deployed: Deployed, account: Account): Promise<Finding[]> {
  const check = 'names';
  const isNew = (stack: string, logicalId: string) => !deployed.get(stack)?.template.Resources[logicalId];
  const tables = planned.flatMap(({ name, template }) =>
    Object.entries(template.Resources)
      .filter(([logicalId, { Type }]) => Type === 'AWS::DynamoDB::GlobalTable' && isNew(name, logicalId))
      .map(([, { Properties }]) => String(Properties?.TableName)),
  );
  const there = await Promise.all(tables.map((name) => account.hasTable(name)));
  const taken = tables.filter((_, index) => there[index]);
  if (taken.length === 0) return [good(check, `${tables.length} new tables`)];
  const says = `There are already, of a stage that was deployed before: ${taken.join(', ')}.`;
  return [{ check, state: 'missing', says, mend: 'npm run deploy -- … --import-existing-resources' }];
}

/** What holds data is never replaced or deleted by a deployment, and what CloudFormation would refuse is not tried. */
function changes({ planned }: Plan, deployed: Deployed): Finding[] {
  const check = 'changes';
  const before = [...deployed].flatMap(([name, stack]) => (stack ? [[name, stack.template] as const] : []));
  const after = planned.map(({ name, template }) => [name, template] as const);
  const dangers = dangersOf(Object.fromEntries(before), Object.fromEntries(after));
  if (dangers.length === 0) return [good(check, 'nothing that holds data is replaced or deleted')];
  return dangers.map(({ stack, what }) => ({ check, state: 'missing', says: `${stack}: ${what}` }));
}

const propertiesOf = (planned: readonly AssembledStack[], type: string) =>
  planned.flatMap(({ template }) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties = {} }: TemplateResource) => Properties),
  );

async function concurrency({ stage, planned }: Plan, account: Account): Promise<Finding[]> {
  const check = 'functions at once';
  const { perSecond, waitsPerSecond } = stage.throttling;
  const batches = propertiesOf(planned, 'AWS::Lambda::EventSourceMapping').reduce(
    (sum, { ScalingConfig }) =>
      sum + Number((ScalingConfig as { MaximumConcurrency?: number })?.MaximumConcurrency ?? 0),
    0,
  );
  const needed = Math.ceil(batches + waitsPerSecond * WAIT_SECONDS + perSecond * REQUEST_SECONDS);
  const allowed = await account.concurrentExecutions();
  const parts = `batches ${batches}, waiting requests ${waitsPerSecond * WAIT_SECONDS}, others ${Math.ceil(perSecond * REQUEST_SECONDS)}`;
  if (needed <= allowed) return [good(check, `${needed} at most (${parts}), of ${allowed}`)];
  return [
    {
      check,
      state: 'beware',
      says: `The settings of ${stage.name} take up to ${needed} functions (${parts}), and the account may run ${allowed}.`,
      mend: `${LAMBDA_QUOTA} ${Math.max(1_000, needed)}; or lower the stage's throttling in infra/stages.ts`,
    },
  ];
}

async function messages({ stage }: Plan, account: Account): Promise<Finding[]> {
  const check = 'messages a second';
  const needed = stage.throttling.registrationsPerSecond * MESSAGES_PER_REGISTRATION;
  const allowed = await account.fifoMessagesPerSecond();
  if (allowed === undefined) {
    const says = `${needed} at most; this region's quota for FIFO topics is not among those that SNS lists.`;
    return [{ check, state: 'unknown', says, mend: 'https://docs.aws.amazon.com/general/latest/gr/sns.html' }];
  }
  if (needed <= allowed) return [good(check, `${needed} at most, of ${allowed}`)];
  const says = `${stage.throttling.registrationsPerSecond} registrations a second are ${needed} messages, and SNS takes ${allowed} here.`;
  return [
    { check, state: 'beware', says, mend: 'lower registrationsPerSecond in infra/stages.ts, or raise the quota' },
  ];
}

async function newTables({ stage }: Plan, deployed: Deployed): Promise<Finding[]> {
  const check = 'tables';
  const needed = stage.throttling.registrationsPerSecond * WRITES_PER_REGISTRATION;
  const areNew = [...deployed.values()].every((stack) => stack === undefined);
  if (!areNew || needed <= NEW_TABLE_WRITES) return [good(check, 'paid by request')];
  const says = `${stage.throttling.registrationsPerSecond} registrations a second make ${needed} writes, and a new table takes ${NEW_TABLE_WRITES} at first.`;
  return [{ check, state: 'beware', says, mend: 'let the load grow over half an hour' }];
}

async function smsSandbox({ stage }: Plan, account: Account): Promise<Finding[]> {
  const check = 'SMS';
  if (!stage.sms.providers.includes('aws')) return [];
  if (!(await account.isSmsSandbox())) return [good(check, 'AWS End User Messaging is out of its sandbox')];
  const says = 'AWS End User Messaging is in its sandbox: texts go to phones that you have verified, and to no others.';
  const mend = 'https://docs.aws.amazon.com/sms-voice/latest/userguide/sandbox.html';
  return [{ check, state: 'beware', says, mend }];
}
