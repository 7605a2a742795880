import { CloudFormationClient, DescribeStacksCommand, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
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

/** A stack as it was deployed last. */
export interface DeployedStack {
  status: string;
  parameters: Record<string, string>;
  template: Template;
}

/** What is asked of an account before a deployment. Each may be refused, or not be there in a drop-in of AWS. */
export interface Account {
  /** Its number, and the region that is deployed to. */
  identity(): Promise<{ account: string; region: string }>;
  /** @returns the version of its bootstrap stack; nothing, if it has none */
  bootstrapVersion(): Promise<number | undefined>;
  /** @returns nothing, if there is none, or only its first change set */
  stack(name: string): Promise<DeployedStack | undefined>;
  /** @returns the names of all resources of a type */
  namesOf(type: NamedType): Promise<string[]>;
  /** @returns how many functions may run at once */
  concurrentExecutions(): Promise<number>;
  /** @returns what SNS takes for all topics in a second, in this region; nothing, if Service Quotas does not know */
  messagesPerSecond(): Promise<number | undefined>;
  /** @returns whether texts go to verified phones only */
  isSmsSandbox(): Promise<boolean>;
  /** @returns `ACTIVE` and others; nothing, if the account has no such identity to send texts from */
  statusOfIdentity(arn: string): Promise<string | undefined>;
}

/** `cdk bootstrap` leaves its version there, for the default qualifier. */
const BOOTSTRAP = '/cdk-bootstrap/hnb659fds/version';

/**
 * Messages published a second, of FIFO topics too where their throughput scope is the message group
 * (https://docs.aws.amazon.com/sns/latest/dg/fifo-high-throughput.html).
 */
const PUBLISHED = { ServiceCode: 'sns', QuotaCode: 'L-F8E2BA85' };

const isMissing = (error: unknown) =>
  /NotFound|NoSuchResource/.test((error as Error).name) || /does not exist/.test((error as Error).message);

/** @returns nothing, if AWS answers that there is no such thing */
async function unlessMissing<T>(question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question();
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

  /** Also one whose deletion is scheduled: until then its name is taken. */
  async 'AWS::SecretsManager::Secret'() {
    const all = paginateListSecrets({ client: new SecretsManagerClient() }, { IncludePlannedDeletion: true });
    const pages = await Array.fromAsync(all);
    return pages.flatMap(({ SecretList = [] }) => SecretList).map(({ Name = '' }) => Name);
  },
};

/** Of what a stage keeps when its stacks go, under names that the next ones ask for. */
export type NamedType = keyof typeof namesOf;

/** The account of the credentials, in the region of the environment, or the cloud that AWS_ENDPOINT_URL names. */
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
      if (AccountLimit?.ConcurrentExecutions === undefined) throw new Error('Lambda does not say');
      return AccountLimit.ConcurrentExecutions;
    },

    async messagesPerSecond() {
      const quotas = new ServiceQuotasClient();
      const { Quota: own } = (await unlessMissing(() => quotas.send(new GetServiceQuotaCommand(PUBLISHED)))) ?? {};
      if (own) return own.Value;
      // As long as nobody has asked for another, it may have the default only.
      const given = await unlessMissing(() => quotas.send(new GetAWSDefaultServiceQuotaCommand(PUBLISHED)));
      return given?.Quota?.Value;
    },

    async isSmsSandbox() {
      const { AccountAttributes = [] } = await new PinpointSMSVoiceV2Client().send(
        new DescribeAccountAttributesCommand(),
      );
      return AccountAttributes.some(({ Name, Value }) => Name === 'ACCOUNT_TIER' && Value === 'SANDBOX');
    },

    statusOfIdentity: (arn) => unlessMissing(() => statusOfIdentity(new PinpointSMSVoiceV2Client(), arn)),
  };
}
