import { Api } from '@rollcall/cdk/api';
import { Channels } from '@rollcall/cdk/channels';
import type { Governance } from '@rollcall/cdk/governance';
import { ServiceDirectory } from '@rollcall/cdk/service-directory';
import { CfnOutput, CfnParameter, Stack } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { channels } from '../../shared/contracts/channels.ts';
import type { Stage } from '../stages.ts';

/** What the stack of a service is given. */
export interface ServiceProps {
  stage: Stage;
  channels: Channels;
  api: Api;
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
  readonly api: Api;

  constructor(scope: Construct, id: string, { stage, governance }: { stage: Stage; governance: Governance }) {
    super(scope, id);
    const directory = new ServiceDirectory(this, 'Directory', { stage });
    this.channels = new Channels(this, 'Channels', { stage, channels, directory });
    const issuer = new CfnParameter(this, 'TokenIssuer', {
      description: 'URL of the OpenID provider whose tokens callers of the API bring, as in their claim iss.',
    });
    this.api = new Api(this, 'Api', { stage, issuer: issuer.valueAsString });
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
