import { App, Tags } from 'aws-cdk-lib';
import { GuideStack } from './stacks/guide.ts';
import { OperationsStack } from './stacks/operations.ts';
import { PointsStack } from './stacks/points.ts';
import { RegistrationStack } from './stacks/registration.ts';
import { SmsStack } from './stacks/sms.ts';
import { stageNamed } from './stages.ts';

const app = new App();
const stage = stageNamed(app.node.tryGetContext('stage') ?? 'dev');
const id = (service: string) => `rollcall-${stage.name}-${service}`;

const { alarms } = new OperationsStack(app, id('operations'), { stage });
const { memberEvents, api } = new RegistrationStack(app, id('registration'), { stage, alarms });
new SmsStack(app, id('sms'), { stage, memberEvents, alarms });
new PointsStack(app, id('points'), { stage, memberEvents, api, alarms });
new GuideStack(app, id('guide'), { stage, memberEvents, api, alarms });

Tags.of(app).add('application', 'rollcall');
Tags.of(app).add('stage', stage.name);
