import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { EventTopic } from '../constructs/event-topic.ts';
import type { Stage } from '../stages.ts';

/** What the stack of a service is given. */
export interface ServiceProps {
  stage: Stage;
  memberEvents: ITopic;
  api: HttpApi;
  /** The topic of the stage's alarms. */
  alarms: ITopic;
}

/**
 * What the services meet at: the topic of member events, and the API. It comes first, so that every subscriber is
 * there before registration publishes anything: SNS confirms a message that nobody has subscribed to.
 */
export class FoundationStack extends Stack {
  readonly memberEvents: EventTopic;
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.memberEvents = new EventTopic(this, 'MemberEvents', { name: `rollcall-${stage.name}-member-events` });
    this.api = new HttpApi(this, 'Api', { apiName: `rollcall-${stage.name}` });
    new CfnOutput(this, 'ApiUrl', { value: this.api.apiEndpoint });
  }
}
