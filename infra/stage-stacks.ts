import { RollcallApp } from '@rollcall/cdk';
import type { App } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import about from '../package.json' with { type: 'json' };
import { channels } from '../shared/contracts/channels.ts';
import { dashboardOf } from './constructs/dashboard.ts';
import { Pseudonyms } from './constructs/pseudonyms.ts';
import { addGuide } from './stacks/guide.ts';
import { addPoints } from './stacks/points.ts';
import { addRegistration } from './stacks/registration.ts';
import { addSms } from './stacks/sms.ts';
import type { Stage } from './stages.ts';

/** Adds the services of the application for a stage. Call `finish()` on the result. */
export function membersApp(app: App, settings: Stage): RollcallApp<Stage> {
  const rollcall = new RollcallApp(app, { stage: settings, channels, version: about.version });
  const { stage, governance } = rollcall;
  const pseudonyms = new Pseudonyms(governance, 'Pseudonyms', { stage });
  // Grants AWS End User Messaging the permission to publish on an encrypted topic. The permission has no condition, as
  // in AWS's example, because the topic's policy restricts the source
  // (https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-sns-creating-role.html).
  rollcall.key?.allow('Texts', { principals: [new ServicePrincipal('sms-voice.amazonaws.com')] });
  rollcall.service('sms', (stack, props) => addSms(stack, { ...props, pseudonyms }));
  rollcall.service('points', addPoints);
  rollcall.service('guide', addGuide);
  rollcall.service('registration', (stack, props) => addRegistration(stack, { ...props, pseudonyms }));
  return rollcall;
}

/** Adds all stacks of a stage. */
export function addStacks(app: App, stage: Stage): void {
  membersApp(app, stage).finish(dashboardOf(stage));
}
