import type { Beside, Started } from '@rollcall/local/internal/beside/beside';
import { askedForOf, awsOf } from './aws.ts';
import { createCallbacks } from './callbacks.ts';
import { configurationSets } from './configuration-sets.ts';
import { SANDBOX_SECRETS } from './credentials.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { GATEWAY_SERVICE } from './lease.ts';
import { createMailbox, type TextFaults } from './mailbox.ts';

export interface SandboxOptions {
  /** Port of the first gateway. The second gateway gets the next port. Default: 0, any free ports. */
  port?: number;
  faults?: TextFaults;
}

export interface SmsSandbox extends Beside {
  /** The started gateways. The address of the sandbox is the address of the first gateway. */
  readonly gateways: readonly Gateway[];
}

/** Creates stand-ins for all SMS providers of a cloud: one mailbox behind two gateways and the cloud's AWS endpoint. */
export function smsSandbox({ port = 0, faults }: SandboxOptions = {}): SmsSandbox {
  const gateways: Gateway[] = [];

  const start: Beside['start'] = async ({ database, access, publish, ...place }, opened): Promise<Started> => {
    const callbacks = createCallbacks({ database, publish });
    const mailbox = createMailbox(database, callbacks, faults);
    for (const [index, name] of ['gateway-1', 'gateway-2'].entries()) {
      const gateway = await startGateway(name, mailbox, callbacks, port && port + index);
      opened.defer(gateway.stop);
      gateways.push(gateway);
    }
    opened.defer(callbacks.stop);
    const [{ url }] = gateways as [Gateway];
    const service = { service: 'sms-voice', answer: awsOf(mailbox, callbacks, access), askedFor: askedForOf(place) };
    return {
      url,
      services: { PinpointSMSVoiceV2: service },
      providers: (checks) => ({
        'AWS::SMSVOICE::ConfigurationSet': configurationSets({ ...place, callbacks, access, checks }),
      }),
      secrets: SANDBOX_SECRETS,
      parameters: { SmsGatewayUrl: `discover:${GATEWAY_SERVICE}`, TwilioUrl: url, AlibabaUrl: url },
      async deployed(registry) {
        if (registry) await Promise.all(gateways.map((gateway) => gateway.register(registry)));
        callbacks.start();
      },
      isBusy: callbacks.isBusy,
    };
  };

  return { name: 'sms', gateways, start };
}
