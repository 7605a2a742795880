import { StageQueue, StageTopic } from '@rollcall/cdk';

import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnConfigurationSet } from 'aws-cdk-lib/aws-smsvoice';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

/** With this limit, an event stays in the queue for more than 100 minutes while the function cannot store it. */
const MAX_RECEIVES = 100;

/** The event types that report the final state of an SMS. Event types of intermediate states are not published. */
const FINAL_EVENTS = [
  ...['DELIVERED', 'SUCCESSFUL', 'BLOCKED', 'CARRIER_BLOCKED', 'CARRIER_UNREACHABLE', 'INVALID', 'INVALID_MESSAGE'],
  ...['PROTECT_BLOCKED', 'SPAM', 'TTL_EXPIRED', 'UNKNOWN', 'UNREACHABLE'],
].map((name) => `TEXT_${name}`);

/**
 * A topic for the events and inbound SMS of AWS End User Messaging, and a queue that subscribes to the topic. Only AWS
 * End User Messaging may publish on the topic. Neither the topic nor the queue is FIFO, because AWS End User Messaging
 * cannot publish on FIFO topics
 * (https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-iam-policy-auto.html).
 */
export class SmsEvents extends Construct {
  readonly topic: StageTopic;
  readonly queue: StageQueue;
  readonly deadLetters: StageQueue;
  readonly configurationSet: CfnConfigurationSet;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    const name = `rollcall-${stage.name}-sms-events`;
    this.topic = new StageTopic(this, 'Topic', { stage, name });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('sms-voice.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    this.deadLetters = new StageQueue(this, 'DeadLetters', { stage, name: `${name}-dlq`, deadLettersOf: name });
    const deadLetters = { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES };
    this.queue = new StageQueue(this, 'Queue', { stage, name, deadLetters });
    this.topic.addSubscription(new SqsSubscription(this.queue, { rawMessageDelivery: true }));
    this.configurationSet = new CfnConfigurationSet(this, 'ConfigurationSet', {
      configurationSetName: name,
      eventDestinations: [
        {
          eventDestinationName: 'receipts',
          enabled: true,
          matchingEventTypes: FINAL_EVENTS,
          snsDestination: { topicArn: this.topic.topicArn },
        },
      ],
    });
  }
}
