import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { channels } from '../../shared/contracts/channels.ts';
import { Channels } from '../constructs/channels.ts';
import type { Governance } from '../constructs/governance.ts';
import { ServiceDirectory } from '../constructs/service-directory.ts';
import type { Stage } from '../stages.ts';

/** What the stack of a service is given. */
export interface ServiceProps {
  stage: Stage;
  channels: Channels;
  api: HttpApi;
  /** The topic of the stage's alarms. */
  alarms: ITopic;
  governance: Governance;
}

/**
 * What the services meet at: the channels, and the API. It comes first, so that every subscriber is there before
 * registration publishes anything: SNS confirms a message that nobody has subscribed to.
 */
export class FoundationStack extends Stack {
  readonly channels: Channels;
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { stage, governance }: { stage: Stage; governance: Governance }) {
    super(scope, id);
    const directory = new ServiceDirectory(this, 'Directory', { name: stage.namespace });
    this.channels = new Channels(this, 'Channels', { stage, channels, directory });
    // Its stage comes last, with the routes that it limits.
    this.api = new HttpApi(this, 'Api', { apiName: `rollcall-${stage.name}`, createDefaultStage: false });
    directory.enter('api', 'The HTTP API: begin at its resource /v1.', { kind: 'api', url: this.api.apiEndpoint });
    const table = governance.instances.tableName;
    directory.enter('instances', 'The table in which instances of services register themselves.', {
      kind: 'table',
      table,
    });
    new CfnOutput(this, 'ApiUrl', { value: this.api.apiEndpoint });
  }
}
