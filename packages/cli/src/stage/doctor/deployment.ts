import { LambdaClient, paginateListEventSourceMappings } from '@aws-sdk/client-lambda';
import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import { expiringTables, tablesWithoutExpiry } from '../expiry.ts';
import { describeStacks } from '../templates.ts';
import { type Check, type CheckContext, failed, notChecked, ok, warning } from './examination.ts';

const RUNTIME = 'nodejs24.x';

/** The command that deploys the stage. An endpoint that is not an embedded cloud is LocalStack or a similar cloud. */
const deployAgain = ({ stage, isEmbedded }: CheckContext) =>
  stage.endpoint && !isEmbedded ? 'npm run deploy:localstack' : `npm run deploy -- -c stage=${stage.name}`;

export const stacks: Check = async (context) => {
  const templates = await context.stage.templates();
  // Throws an error if a template refers to a stack that does not exist.
  await context.stage.resources();
  const found = `${templates.length} stacks are deployed: ${templates.map(({ name }) => name).join(', ')}`;
  if (context.isEmbedded) return ok(found);
  const states = await describeStacks(context.stage);
  const incomplete = states.filter(({ StackStatus = '' }) => !/^(CREATE|UPDATE)_COMPLETE$/.test(StackStatus));
  if (incomplete.length === 0) return ok(found);
  const what = incomplete.map(({ StackName, StackStatus }) => `${StackName} is ${StackStatus}`).join(', ');
  const isBusy = incomplete.every(({ StackStatus = '' }) => StackStatus.endsWith('_IN_PROGRESS'));
  return isBusy ? warning(what, 'wait until the deployment has ended') : failed(what, deployAgain(context));
};

export const runtime: Check = async (context) => {
  const functions = (await context.stage.resources()).filter(({ type }) => type === 'AWS::Lambda::Function');
  const others = functions.filter(({ properties }) => properties.Runtime !== RUNTIME);
  if (others.length === 0) return ok(`${functions.length} functions run on ${RUNTIME}`);
  const what = others.map(({ name, properties }) => `${name} on ${properties.Runtime}`).join(', ');
  return warning(`not on ${RUNTIME}: ${what}`, deployAgain(context));
};

/** The version of a stack, from the output that RollcallApp adds to every stack if the app has a version. */
const versionOf = ({ template }: AssembledStack) => String(template.Outputs?.Version?.Value ?? 'unknown');

export const versions: Check = async (context) => {
  const found = Map.groupBy(await context.stage.templates(), versionOf);
  const [only, ...others] = found.keys();
  if (others.length > 0) {
    const what = [...found].map(([version, all]) => `${version}: ${all.map(({ name }) => name).join(', ')}`).join('; ');
    return warning(`stacks have different versions: ${what}`, deployAgain(context));
  }
  if (context.version === undefined || only === context.version) return ok(`every stack has version ${only}`);
  return warning(
    `the stage has version ${only}, but this folder has version ${context.version}`,
    `use the folder of version ${only}, or deploy: ${deployAgain(context)}`,
  );
};

export const eventSources: Check = async (context) => {
  if (context.isEmbedded) return notChecked('the embedded cloud always enables all event source mappings');
  const wanted = (await context.stage.resources()).filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping');
  const client = new LambdaClient(context.stage.config);
  const all = await Array.fromAsync(paginateListEventSourceMappings({ client }, {}));
  const own = all
    .flatMap(({ EventSourceMappings = [] }) => EventSourceMappings)
    .filter(({ FunctionArn }) => FunctionArn?.includes(`:function:${context.stage.table('')}`));
  const idle = own.filter(({ State }) => State !== 'Enabled');
  if (own.length < wanted.length) {
    return failed(`${own.length} of ${wanted.length} event source mappings exist`, deployAgain(context));
  }
  if (idle.length === 0) return ok(`${own.length} event source mappings are enabled`);
  const what = idle
    .map(({ FunctionArn, State }) => `${FunctionArn?.split(':function:').at(-1)} is ${State}`)
    .join(', ');
  return failed(`functions get no messages: ${what}`, 'aws lambda update-event-source-mapping --enabled --uuid …');
};

export const expiry: Check = async (context) => {
  const tables = await expiringTables(await context.stage.resources());
  const wrong = await tablesWithoutExpiry(context.stage, tables);
  if (wrong.length === 0) return ok(`items of ${tables.length} tables expire, as configured`);
  return failed(`no items expire in ${wrong.map(({ table }) => table).join(', ')}`, deployAgain(context));
};
