import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { CfnOutput, CfnParameter, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Api } from './api.ts';
import { Channels } from './channels.ts';
import type { Governance } from './governance.ts';
import { ServiceDirectory } from './service-directory.ts';
import type { Stage } from './stage.ts';

export interface FoundationProps {
  stage: Stage;
  channels: readonly Channel[];
  governance: Governance;
}

/**
 * What the services meet at: the channels, the directory, and the API. It comes first, so that every subscriber is there
 * before anything is published: SNS confirms a message that nobody has subscribed to.
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
        description: 'URL of the OpenID provider whose tokens callers of the API bring, as in their claim iss.',
      }).valueAsString;
    this.api = new Api(this, 'Api', { stage, issuer });
    directory.enter(this.api, 'api', 'The HTTP API: begin at its resource /v1.', {
      kind: 'api',
      url: this.api.apiEndpoint,
    });
    const table = governance.instances.tableName;
    directory.enter(directory, 'instances', 'The table in which instances of services register themselves.', {
      kind: 'table',
      table,
    });
    // One with an archive cannot be deleted, by which a deployment is rolled back: so nothing else may fail after it, such
    // as an authorizer whose issuer does not answer.
    this.channels.makeTopicsAfter(directory, this.api);
    new CfnOutput(this, 'ApiUrl', { value: this.api.apiEndpoint });
  }
}
