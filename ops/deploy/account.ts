import { CloudFormationClient, DescribeStacksCommand, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeAccountAttributesCommand, PinpointSMSVoiceV2Client } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { paginateListSecrets, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { paginateListTopics, SNSClient } from '@aws-sdk/client-sns';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Template } from '@rollcall/local/internal/template/assembly';
import { statusOfIdentity } from './origination-identity.ts';

/** A stack as last deployed. */
export interface DeployedStack {
  status: string;
  parameters: Record<string, string>;
  template: Template;
}

/** The queries to an account before a deployment. AWS may deny a query, and an emulator may not support it. */
export interface Account {
  /** The account id, and the target region. */
  identity(): Promise<{ account: string; region: string }>;
  /** @returns the version of the CDK bootstrap stack; undefined if there is none */
  bootstrapVersion(): Promise<number | undefined>;
  /** @returns undefined if no stack has this name, or if only the first change set of the stack exists */
  stack(name: string): Promise<DeployedStack | undefined>;
  /** @returns the names of all resources of a type */
  namesOf(type: RetainedType): Promise<string[]>;
  /** @returns the maximum number of concurrent functions */
  concurrentExecutions(): Promise<number>;
  /**
   * @returns the SNS quota of messages a second for all topics in this region; undefined if Service Quotas does not
   * list it
   */
  messagesPerSecond(): Promise<number | undefined>;
  /** @returns whether SMS are sent to verified phones only */
  isSmsSandbox(): Promise<boolean>;
  /** @returns a status such as `ACTIVE`; undefined if the account has no such origination identity */
  statusOfIdentity(arn: string): Promise<string | undefined>;
  /** @returns the names of all raised metric alarms */
  raisedAlarms(): Promise<string[]>;
}

/** The parameter in which `cdk bootstrap` stores its version, for the default qualifier. */
const BOOTSTRAP = '/cdk-bootstrap/hnb659fds/version';

/**
 * The quota of published messages per second. It also applies to FIFO topics whose throughput scope is the message
 * group (https://docs.aws.amazon.com/sns/latest/dg/fifo-high-throughput.html).
 */
const PUBLISHED = { ServiceCode: 'sns', QuotaCode: 'L-F8E2BA85' };

const isMissing = (error: unknown) =>
  /NotFound|NoSuchResource/.test((error as Error).name) || /does not exist/.test((error as Error).message);

/** @returns undefined if AWS responds that the resource does not exist */
async function unlessMissing<T>(query: () => Promise<T>): Promise<T | undefined> {
  try {
    return await query();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const namesOf = {
  async 'AWS::DynamoDB::GlobalTable'() {
    const pages = await Array.fromAsync(paginateListTables({ client: new DynamoDBClient() }, {}));
    return pages.flatMap(({ TableNames = [] }) => TableNames);
  },

  async 'AWS::SNS::Topic'() {
    const pages = await Array.fromAsync(paginateListTopics({ client: new SNSClient() }, {}));
    return pages.flatMap(({ Topics = [] }) => Topics).map(({ TopicArn = '' }) => TopicArn.split(':').at(-1) ?? '');
  },

  /** Includes the secrets that are scheduled for deletion, because their names stay in use until the deletion. */
  async 'AWS::SecretsManager::Secret'() {
    const all = paginateListSecrets({ client: new SecretsManagerClient() }, { IncludePlannedDeletion: true });
    const pages = await Array.fromAsync(all);
    return pages.flatMap(({ SecretList = [] }) => SecretList).map(({ Name = '' }) => Name);
  },
};

/**
 * Types of resources that remain when a stage's stacks are deleted, and whose names a new deployment needs. Log groups
 * also remain, but their names are not checked.
 */
export type RetainedType = keyof typeof namesOf;

/**
 * Opens the AWS account of the credentials, in the configured region. If AWS_ENDPOINT_URL is set, opens the emulator at
 * this URL instead.
 */
export function openAccount(): Account {
  const cloudFormation = new CloudFormationClient();

  return {
    async identity() {
      const sts = new STSClient();
      const region = await sts.config.region();
      const { Account: account = '' } = await sts.send(new GetCallerIdentityCommand());
      return { account, region };
    },

    bootstrapVersion: () =>
      unlessMissing(async () => {
        const { Parameter } = await new SSMClient().send(new GetParameterCommand({ Name: BOOTSTRAP }));
        return Number(Parameter?.Value);
      }),

    stack: (StackName) =>
      unlessMissing(async () => {
        const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
        const [{ StackStatus = '', Parameters = [] } = {}] = Stacks;
        if (StackStatus === 'REVIEW_IN_PROGRESS') return undefined;
        const { TemplateBody = '{}' } = await cloudFormation.send(new GetTemplateCommand({ StackName }));
        return {
          status: StackStatus,
          parameters: Object.fromEntries(
            Parameters.map(({ ParameterKey = '', ParameterValue = '' }) => [ParameterKey, ParameterValue]),
          ),
          template: JSON.parse(TemplateBody) as Template,
        };
      }),

    namesOf: (type) => namesOf[type](),

    async concurrentExecutions() {
      const { AccountLimit } = await new LambdaClient().send(new GetAccountSettingsCommand());
      if (AccountLimit?.ConcurrentExecutions === undefined) throw new Error('Lambda returned no limit');
      return AccountLimit.ConcurrentExecutions;
    },

    async messagesPerSecond() {
      const quotas = new ServiceQuotasClient();
      const { Quota: increased } =
        (await unlessMissing(() => quotas.send(new GetServiceQuotaCommand(PUBLISHED)))) ?? {};
      if (increased) return increased.Value;
      // Without an increase, the account has the default quota.
      const standard = await unlessMissing(() => quotas.send(new GetAWSDefaultServiceQuotaCommand(PUBLISHED)));
      return standard?.Quota?.Value;
    },

    async isSmsSandbox() {
      const { AccountAttributes = [] } = await new PinpointSMSVoiceV2Client().send(
        new DescribeAccountAttributesCommand(),
      );
      return AccountAttributes.some(({ Name, Value }) => Name === 'ACCOUNT_TIER' && Value === 'SANDBOX');
    },

    async raisedAlarms() {
      const all = paginateDescribeAlarms({ client: new CloudWatchClient() }, { StateValue: 'ALARM' });
      const pages = await Array.fromAsync(all);
      return pages.flatMap(({ MetricAlarms = [] }) => MetricAlarms).map(({ AlarmName = '' }) => AlarmName);
    },

    statusOfIdentity: (arn) => unlessMissing(() => statusOfIdentity(new PinpointSMSVoiceV2Client(), arn)),
  };
}
