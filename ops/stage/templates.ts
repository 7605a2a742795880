import { CloudFormationClient, GetTemplateCommand, paginateListStacks } from '@aws-sdk/client-cloudformation';
import type { AssembledStack, Template } from '../../local/template/assembly.ts';
import { OperatorError, type Stage } from './stage.ts';

/** The templates that a stage was deployed from. @throws {OperatorError} if it has none */
export async function templatesOf(stage: Stage): Promise<AssembledStack[]> {
  const prefix = stage.table('');
  const all = (await embeddedTemplates(stage)) ?? (await stage.ask(() => deployedTemplates(stage, prefix)));
  const found = all.filter(({ name }) => name.startsWith(prefix));
  if (found.length > 0) return found;
  throw new OperatorError(
    `There is no stage ${stage.name} at ${stage.endpoint ?? 'this account and region'}: it has no stacks ${prefix}*.`,
  );
}

/** Nothing, if it is no embedded cloud. */
async function embeddedTemplates({ endpoint, ask }: Stage): Promise<AssembledStack[] | undefined> {
  if (!endpoint) return undefined;
  const response = await ask(() => fetch(`${endpoint}/_rollcall/templates`).catch(withCause));
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return response.ok && isJson ? ((await response.json()) as AssembledStack[]) : undefined;
}

/** What `fetch` says is only "fetch failed". */
const withCause = ({ cause, message }: Error): never => {
  throw cause ?? new Error(message);
};

async function deployedTemplates({ config }: Stage, prefix: string): Promise<AssembledStack[]> {
  const client = new CloudFormationClient(config);
  const names: string[] = [];
  for await (const { StackSummaries = [] } of paginateListStacks({ client }, {})) {
    const there = StackSummaries.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
    names.push(...there.map(({ StackName = '' }) => StackName).filter((name) => name.startsWith(prefix)));
  }
  return Promise.all(
    names.map(async (StackName) => {
      const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName }));
      return { name: StackName, template: JSON.parse(TemplateBody) as Template };
    }),
  );
}
