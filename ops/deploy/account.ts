import { CloudFormationClient, DescribeStacksCommand, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeAccountAttributesCommand, PinpointSMSVoiceV2Client } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { paginateListServiceQuotas, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Template } from '../../local/template/assembly.ts';

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
  stack(name: string): Promise<DeployedStack | undefined>;
  hasTable(name: string): Promise<boolean>;
  /** @returns how many functions may run at once */
  concurrentExecutions(): Promise<number>;
  /** @returns what SNS takes for FIFO topics in a second, in this region; nothing, if its quotas do not say */
  fifoMessagesPerSecond(): Promise<number | undefined>;
  /** @returns whether texts go to verified phones only */
  isSmsSandbox(): Promise<boolean>;
}

/** `cdk bootstrap` leaves its version there, for the default qualifier. */
const BOOTSTRAP = '/cdk-bootstrap/hnb659fds/version';

const isMissing = (error: unknown) =>
  /NotFound/.test((error as Error).name) || /does not exist/.test((error as Error).message);

async function unlessMissing<T>(question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The account of the credentials, in the region of the environment, or the cloud that AWS_ENDPOINT_URL names. */
export function openAccount(): Account {
  const cloudFormation = new CloudFormationClient();
  const dynamodb = new DynamoDBClient();

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
        const { TemplateBody = '{}' } = await cloudFormation.send(new GetTemplateCommand({ StackName }));
        const [{ StackStatus = '', Parameters = [] } = {}] = Stacks;
        return {
          status: StackStatus,
          parameters: Object.fromEntries(
            Parameters.map(({ ParameterKey = '', ParameterValue = '' }) => [ParameterKey, ParameterValue]),
          ),
          template: JSON.parse(TemplateBody) as Template,
        };
      }),

    hasTable: async (TableName) =>
      (await unlessMissing(() => dynamodb.send(new DescribeTableCommand({ TableName })))) !== undefined,

    async concurrentExecutions() {
      const { AccountLimit } = await new LambdaClient().send(new GetAccountSettingsCommand());
      if (AccountLimit?.ConcurrentExecutions === undefined) throw new Error('Lambda does not say');
      return AccountLimit.ConcurrentExecutions;
    },

    async fifoMessagesPerSecond() {
      for await (const { Quotas = [] } of paginateListServiceQuotas(
        { client: new ServiceQuotasClient() },
        { ServiceCode: 'sns' },
      )) {
        const found = Quotas.find(({ QuotaName = '' }) => /fifo/i.test(QuotaName) && /publish/i.test(QuotaName));
        if (found) return found.Value;
      }
      return undefined;
    },

    async isSmsSandbox() {
      const { AccountAttributes = [] } = await new PinpointSMSVoiceV2Client().send(
        new DescribeAccountAttributesCommand(),
      );
      return AccountAttributes.some(({ Name, Value }) => Name === 'ACCOUNT_TIER' && Value === 'SANDBOX');
    },
  };
}
