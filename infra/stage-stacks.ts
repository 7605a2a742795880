import { type App, CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import about from '../package.json' with { type: 'json' };
import { FoundationStack } from './stacks/foundation.ts';
import { GuideStack } from './stacks/guide.ts';
import { MonitoringStack } from './stacks/monitoring.ts';
import { OperationsStack } from './stacks/operations.ts';
import { PointsStack } from './stacks/points.ts';
import { RegistrationStack } from './stacks/registration.ts';
import { SmsStack } from './stacks/sms.ts';
import type { Stage } from './stages.ts';

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

  // An output, not a tag: a release changes no resource that it has nothing to do with.
  for (const stack of app.node.children.filter(Stack.isStack)) {
    new CfnOutput(stack, 'Version', { value: about.version });
  }
  Tags.of(app).add('application', 'rollcall');
  Tags.of(app).add('stage', stage.name);
}
