import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Faults } from '../faults/faults.ts';
import type { State } from '../state/state.ts';
import { createCallbacks } from './callbacks.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { createMailbox } from './mailbox.ts';

export interface SandboxOptions {
  state: State;
  sns: SNSClient;
  faults: Faults | undefined;
}

/** All SMS providers of a cloud: one mailbox behind two gateways and the AWS endpoint. */
export function createSandbox({ state, sns, faults }: SandboxOptions) {
  const callbacks = createCallbacks({
    state,
    publish: async (TopicArn, Message) => void (await sns.send(new PublishCommand({ TopicArn, Message }))),
  });
  const mailbox = createMailbox(state, callbacks, faults);
  const gateways: Gateway[] = [];
  return {
    callbacks,
    mailbox,
    gateways: gateways as readonly Gateway[],

    /** Of the first gateway; empty before it is there. */
    get url(): string {
      return gateways[0]?.url ?? '';
    },

    /** @param port of the first gateway, the other has the next; 0: any that are free */
    async start(port: number, opened: AsyncDisposableStack): Promise<void> {
      for (const [index, name] of ['gateway-1', 'gateway-2'].entries()) {
        const gateway = await startGateway(name, mailbox, callbacks, port && port + index);
        opened.defer(gateway.stop);
        gateways.push(gateway);
      }
    },
  };
}
