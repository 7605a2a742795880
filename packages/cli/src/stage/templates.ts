import {
  CloudFormationClient,
  GetTemplateCommand,
  paginateDescribeStacks,
  paginateListStacks,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import type { AssembledStack, Template } from '@rollcall/local/internal/template/assembly';
import type { StageClients } from './clients.ts';
import { embeddedCloudOf } from './embedded-cloud.ts';

/** The deployed templates of a stage. @throws {OperatorError} if there are none */
export async function templatesOf(stage: StageClients): Promise<AssembledStack[]> {
  const prefix = stage.table('');
  const cloud = await embeddedCloudOf(stage);
  const all = cloud ? await cloud.templates() : await stage.ask(() => deployedTemplates(stage, prefix));
  const found = all.filter(({ name }) => name.startsWith(prefix));
  if (found.length > 0) return found;
  throw stage.missingError('stacks');
}

async function deployedTemplates({ config }: StageClients, prefix: string): Promise<AssembledStack[]> {
  const client = new CloudFormationClient(config);
  const names: string[] = [];
  for await (const { StackSummaries = [] } of paginateListStacks({ client }, {})) {
    const existing = StackSummaries.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
    names.push(...existing.map(({ StackName = '' }) => StackName).filter((name) => name.startsWith(prefix)));
  }
  return Promise.all(
    names.map(async (StackName) => {
      const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName }));
      return { name: StackName, template: JSON.parse(TemplateBody) as Template };
    }),
  );
}

/** The stacks as CloudFormation describes them. An embedded cloud does not support this call. */
export async function describeStacks({ config, table }: StageClients): Promise<Stack[]> {
  const client = new CloudFormationClient(config);
  const all = await Array.fromAsync(paginateDescribeStacks({ client }, {}));
  return all
    .flatMap(({ Stacks = [] }) => Stacks)
    .filter(({ StackName, StackStatus }) => StackName?.startsWith(table('')) && StackStatus !== 'DELETE_COMPLETE');
}
