import { App } from 'aws-cdk-lib';
import { eventConsumer } from '../../../functions/coupons/events.consumer.ts';
import { dashboardOf } from '../../../infra/constructs/dashboard.ts';
import { membersApp } from '../../../infra/stage-stacks.ts';
import { stageNamed } from '../../../infra/stages.ts';

// The unchanged member application with one more subscriber. cdk.json runs this file in the root folder of the
// repository.
const app = new App();
const stage = stageNamed(app.node.tryGetContext('stage') ?? 'dev');
const members = membersApp(app, stage);
members.subscriber(eventConsumer, { entry: 'functions/coupons/events.handler.ts' });
members.finish(dashboardOf(stage));
