import { CloudFormationClient, paginateDescribeStacks, type Stack } from '@aws-sdk/client-cloudformation';
import { DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, paginateListEventSourceMappings } from '@aws-sdk/client-lambda';
import type { AssembledStack } from '../../../local/template/assembly.ts';
import { resourcesOf } from '../resources.ts';
import type { Stage } from '../stage.ts';
import { type Check, failed, notChecked, ok, type Patient, warning } from './examination.ts';

const RUNTIME = 'nodejs24.x';

const deployAgain = ({ stage }: Patient) => `npm run deploy -- -c stage=${stage.name}`;

/** The stacks as CloudFormation describes them; an embedded cloud has none. */
export async function describeStacks({ config, table }: Stage): Promise<Stack[]> {
  const client = new CloudFormationClient(config);
  const all = await Array.fromAsync(paginateDescribeStacks({ client }, {}));
  return all.flatMap(({ Stacks = [] }) => Stacks.filter(({ StackName }) => StackName?.startsWith(table(''))));
}

export const stacks: Check = async (patient) => {
  const templates = await patient.templates;
  // What is imported from a stack that is not there cannot be resolved.
  await resourcesOf(templates);
  const found = `${templates.length} stacks are deployed: ${templates.map(({ name }) => name).join(', ')}`;
  if (patient.isEmbedded) return ok(found);
  const states = await describeStacks(patient.stage);
  const unwell = states.filter(({ StackStatus = '' }) => !/^(CREATE|UPDATE)_COMPLETE$/.test(StackStatus));
  if (unwell.length === 0) return ok(found);
  const what = unwell.map(({ StackName, StackStatus }) => `${StackName} is ${StackStatus}`).join(', ');
  const isBusy = unwell.every(({ StackStatus = '' }) => StackStatus.endsWith('_IN_PROGRESS'));
  return isBusy ? warning(what, 'wait until the deployment has ended') : failed(what, deployAgain(patient));
};

export const runtime: Check = async (patient) => {
  const functions = (await resourcesOf(await patient.templates)).filter(({ type }) => type === 'AWS::Lambda::Function');
  const others = functions.filter(({ properties }) => properties.Runtime !== RUNTIME);
  if (others.length === 0) return ok(`${functions.length} functions run on ${RUNTIME}`);
  const what = others.map(({ name, properties }) => `${name} on ${properties.Runtime}`).join(', ');
  return warning(`not on ${RUNTIME}: ${what}`, deployAgain(patient));
};

/** The output that infra/app.ts gives every stack. */
const versionOf = ({ template }: AssembledStack) => String(template.Outputs?.Version?.Value ?? 'unknown');

export const versions: Check = async (patient) => {
  const found = Map.groupBy(await patient.templates, versionOf);
  const [only, ...others] = found.keys();
  if (others.length > 0) {
    const what = [...found].map(([version, all]) => `${version}: ${all.map(({ name }) => name).join(', ')}`).join('; ');
    return warning(`stacks are of different versions: ${what}`, deployAgain(patient));
  }
  if (only === patient.version) return ok(`every stack is of version ${only}, as these commands are`);
  return warning(
    `the stage is of version ${only}, these commands are of ${patient.version}`,
    `use the commands of ${only}, or deploy: ${deployAgain(patient)}`,
  );
};

export const eventSources: Check = async (patient) => {
  if (patient.isEmbedded) return notChecked('the embedded cloud starts with all of them enabled');
  const wanted = (await resourcesOf(await patient.templates)).filter(
    ({ type }) => type === 'AWS::Lambda::EventSourceMapping',
  );
  const client = new LambdaClient(patient.stage.config);
  const all = await Array.fromAsync(paginateListEventSourceMappings({ client }, {}));
  const own = all
    .flatMap(({ EventSourceMappings = [] }) => EventSourceMappings)
    .filter(({ FunctionArn }) => FunctionArn?.includes(`:function:${patient.stage.table('')}`));
  const idle = own.filter(({ State }) => State !== 'Enabled');
  if (own.length < wanted.length) {
    return failed(`${own.length} of ${wanted.length} event source mappings are there`, deployAgain(patient));
  }
  if (idle.length === 0) return ok(`${own.length} event source mappings are enabled`);
  const what = idle.map(({ FunctionArn, State }) => `${FunctionArn?.split(':').at(-1)} is ${State}`).join(', ');
  return failed(`functions get no messages: ${what}`, 'aws lambda update-event-source-mapping --enabled --uuid …');
};

export const expiry: Check = async (patient) => {
  const { dynamodb } = patient.stage;
  const tables = (await resourcesOf(await patient.templates)).filter(
    ({ properties }) => (properties.TimeToLiveSpecification as { Enabled?: boolean } | undefined)?.Enabled,
  );
  const states = await Promise.all(
    tables.map(async ({ name: TableName }) => {
      const { TimeToLiveDescription } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
      return { TableName, isOn: /^ENABL/.test(TimeToLiveDescription?.TimeToLiveStatus ?? '') };
    }),
  );
  const endless = states.filter(({ isOn }) => !isOn).map(({ TableName }) => TableName);
  if (endless.length === 0) return ok(`items of ${tables.length} tables expire, as they should`);
  return failed(`nothing expires in ${endless.join(', ')}`, deployAgain(patient));
};
