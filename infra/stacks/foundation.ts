import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { channels } from '../../shared/contracts/channels.ts';
import { Channels } from '../constructs/channels.ts';
import type { Stage } from '../stages.ts';

/** What the stack of a service is given. */
export interface ServiceProps {
  stage: Stage;
  channels: Channels;
  api: HttpApi;
  /** The topic of the stage's alarms. */
  alarms: ITopic;
}

/**
 * What the services meet at: the channels, and the API. It comes first, so that every subscriber is there before
 * registration publishes anything: SNS confirms a message that nobody has subscribed to.
 */
export class FoundationStack extends Stack {
  readonly channels: Channels;
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.channels = new Channels(this, 'Channels', { stage, channels });
    this.api = new HttpApi(this, 'Api', { apiName: `rollcall-${stage.name}` });
    new CfnOutput(this, 'ApiUrl', { value: this.api.apiEndpoint });
  }
}
