import { Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

/** What the people on call share: so far, the topic that every alarm of the stage goes to. */
export class OperationsStack extends Stack {
  readonly alarms: Topic;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.alarms = new Topic(this, 'Alarms', { topicName: `rollcall-${stage.name}-alarms`, enforceSSL: true });
    if (stage.alarmEmail) this.alarms.addSubscription(new EmailSubscription(stage.alarmEmail));
  }
}
