import { LambdaClient, paginateListEventSourceMappings } from '@aws-sdk/client-lambda';
import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import { endless, expiringTables } from '../expiry.ts';
import { describeStacks } from '../templates.ts';
import { type Check, failed, notChecked, ok, type Patient, warning } from './examination.ts';

const RUNTIME = 'nodejs24.x';

/** An endpoint without an embedded cloud is LocalStack or similar. */
const deployAgain = ({ stage, isEmbedded }: Patient) =>
  stage.endpoint && !isEmbedded ? 'npm run deploy:localstack' : `npm run deploy -- -c stage=${stage.name}`;

export const stacks: Check = async (patient) => {
  const templates = await patient.stage.templates();
  // Fails if a reference leads to a stack that does not exist.
  await patient.stage.resources();
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
  const functions = (await patient.stage.resources()).filter(({ type }) => type === 'AWS::Lambda::Function');
  const others = functions.filter(({ properties }) => properties.Runtime !== RUNTIME);
  if (others.length === 0) return ok(`${functions.length} functions run on ${RUNTIME}`);
  const what = others.map(({ name, properties }) => `${name} on ${properties.Runtime}`).join(', ');
  return warning(`not on ${RUNTIME}: ${what}`, deployAgain(patient));
};

/** The output that infra/app.ts gives every stack. */
const versionOf = ({ template }: AssembledStack) => String(template.Outputs?.Version?.Value ?? 'unknown');

export const versions: Check = async (patient) => {
  const found = Map.groupBy(await patient.stage.templates(), versionOf);
  const [only, ...others] = found.keys();
  if (others.length > 0) {
    const what = [...found].map(([version, all]) => `${version}: ${all.map(({ name }) => name).join(', ')}`).join('; ');
    return warning(`stacks have different versions: ${what}`, deployAgain(patient));
  }
  if (patient.version === undefined || only === patient.version) return ok(`every stack has version ${only}`);
  return warning(
    `the stage has version ${only}, and this folder ${patient.version}`,
    `use the folder of version ${only}, or deploy: ${deployAgain(patient)}`,
  );
};

export const eventSources: Check = async (patient) => {
  if (patient.isEmbedded) return notChecked('the embedded cloud always enables all of them');
  const wanted = (await patient.stage.resources()).filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping');
  const client = new LambdaClient(patient.stage.config);
  const all = await Array.fromAsync(paginateListEventSourceMappings({ client }, {}));
  const own = all
    .flatMap(({ EventSourceMappings = [] }) => EventSourceMappings)
    .filter(({ FunctionArn }) => FunctionArn?.includes(`:function:${patient.stage.table('')}`));
  const idle = own.filter(({ State }) => State !== 'Enabled');
  if (own.length < wanted.length) {
    return failed(`${own.length} of ${wanted.length} event source mappings exist`, deployAgain(patient));
  }
  if (idle.length === 0) return ok(`${own.length} event source mappings are enabled`);
  const what = idle
    .map(({ FunctionArn, State }) => `${FunctionArn?.split(':function:').at(-1)} is ${State}`)
    .join(', ');
  return failed(`functions get no messages: ${what}`, 'aws lambda update-event-source-mapping --enabled --uuid …');
};

export const expiry: Check = async (patient) => {
  const tables = await expiringTables(await patient.stage.resources());
  const wrong = await endless(patient.stage, tables);
  if (wrong.length === 0) return ok(`items of ${tables.length} tables expire, as configured`);
  return failed(`no items expire in ${wrong.map(({ table }) => table).join(', ')}`, deployAgain(patient));
};
