import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { CfnOutput, CfnParameter, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Api } from './api.ts';
import { Channels } from './channels.ts';
import type { OperationalControls } from './operational-controls.ts';
import { ServiceDirectory } from './service-directory.ts';
import type { Stage } from './stage.ts';

export interface FoundationProps {
  stage: Stage;
  channels: readonly Channel[];
  governance: OperationalControls;
}

/**
 * The resources that services share: channels, directory and API. This stack is deployed before the services, and a
 * publisher is deployed after its subscribers, so that every subscription exists before the first message is published.
 * An earlier message would be lost, because SNS accepts messages on a topic without subscribers.
 */
export class FoundationStack extends Stack {
  readonly channels: Channels;
  readonly api: Api;

  constructor(scope: Construct, id: string, { stage, channels, governance }: FoundationProps) {
    super(scope, id);
    const directory = new ServiceDirectory(this, 'Directory', { stage });
    this.channels = new Channels(this, 'Channels', { stage, channels, directory });
    const issuer = () =>
      new CfnParameter(this, 'TokenIssuer', {
        description: 'URL of the OpenID provider that issues the tokens of API callers, as in the claim iss.',
      }).valueAsString;
    this.api = new Api(this, 'Api', { stage, issuer });
    directory.register(this.api, 'api', 'The HTTP API. Its entry point is the resource /v1.', {
      kind: 'api',
      url: this.api.apiEndpoint,
    });
    const table = governance.instances.tableName;
    directory.register(directory, 'instances', 'The table in which the instances of services register.', {
      kind: 'table',
      table,
    });
    // SNS does not delete a topic while the topic has an archive, so a deployment that fails after it created a topic
    // may be impossible to roll back. Therefore, resources that can fail, such as an authorizer whose issuer does not
    // respond, are created first.
    this.channels.createTopicsAfter(directory, this.api);
    new CfnOutput(this, 'ApiUrl', { value: this.api.apiEndpoint });
  }
}
