import { type App, CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import about from '../package.json' with { type: 'json' };
import { FoundationStack } from './stacks/foundation.ts';
import { GuideStack } from './stacks/guide.ts';
import { MonitoringStack } from './stacks/monitoring.ts';
import { OperationsStack } from './stacks/operations.ts';
import { PointsStack } from './stacks/points.ts';
import { RegistrationStack } from './stacks/registration.ts';
import { SmsStack } from './stacks/sms.ts';
import type { Stage } from './stages.ts';

/** @throws {Error} if a setting is about something that the stage has not */
function expectNames(
  stage: Stage,
  setting: 'warmThroughput' | 'reservedConcurrency',
  kind: string,
  made: string[],
): void {
  const known = made.map((name) => name.slice(`rollcall-${stage.name}-`.length)).sort();
  const unknown = Object.keys(stage[setting]).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(
      `infra/stages.ts: ${setting} of stage "${stage.name}" names no ${kind}: ${unknown.join(', ')}. There are: ${known.join(', ')}.`,
    );
}

/** All stacks of a stage, each for itself in an account. */
export function addStacks(app: App, settings: Stage): void {
  const id = (service: string) => `rollcall-${settings.name}-${service}`;
  const { stage, alarms, governance } = new OperationsStack(app, id('operations'), { settings });
  const { channels, api } = new FoundationStack(app, id('foundation'), { stage, governance });
  const props = { stage, channels, api, alarms, governance };
  const subscribers = [
    new SmsStack(app, id('sms'), props),
    new PointsStack(app, id('points'), props),
    new GuideStack(app, id('guide'), props),
  ];
  const registration = new RegistrationStack(app, id('registration'), props);
  // An event that is published before its subscribers are there is lost to them.
  for (const subscriber of subscribers) registration.addStackDependency(subscriber);
  if (stage.monitoring) new MonitoringStack(app, id('monitoring'), { stage, api, alarms });

  const made = <T>(type: abstract new (...args: never[]) => T) =>
    app.node.findAll().flatMap((one): T[] => (one instanceof type ? [one] : []));
  expectNames(
    stage,
    'warmThroughput',
    'table',
    made(CfnGlobalTable).map(({ tableName = '' }) => tableName),
  );
  expectNames(
    stage,
    'reservedConcurrency',
    'function',
    made(CfnFunction).map(({ functionName = '' }) => functionName),
  );

  // An output, not a tag: a release changes no resource that it has nothing to do with.
  for (const stack of app.node.children.filter(Stack.isStack)) {
    new CfnOutput(stack, 'Version', { value: about.version });
  }
  Tags.of(app).add('application', 'rollcall');
  Tags.of(app).add('stage', stage.name);
}
