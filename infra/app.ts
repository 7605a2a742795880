import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { addStacks } from './stage-stacks.ts';
import { stageNamed } from './stages.ts';

const app = new App();
addStacks(app, stageNamed(app.node.tryGetContext('stage') ?? 'dev'));
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
