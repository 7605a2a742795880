import { createMessage, type createQueueSender, outgoing } from '@rollcall/kit/messaging';
import { v5 as idFrom } from 'uuid';
import { registrationReplies } from '../../../shared/contracts/channels.ts';
import { onboardingStepCompleted } from '../../../shared/contracts/onboarding-step-completed.v1.ts';
import type { OptOuts } from '../opt-outs.ts';
import type { ProviderEvent } from '../provider-events.ts';

export interface ReceiverOptions {
  optOuts: OptOuts;
  sender: ReturnType<typeof createQueueSender>;
  now: () => Date;
  count: (values: Record<string, number>) => void;
}

type Receipt = Extract<ProviderEvent, { kind: 'delivered' | 'undelivered' }>;

const METRICS: Record<ProviderEvent['kind'], string> = {
  delivered: 'TextsDelivered',
  undelivered: 'TextsUndelivered',
  'opt-out': 'OptOuts',
  'opt-in': 'OptIns',
  other: 'ProviderEventsIgnored',
};

/** Processes providers' events. Any event may be delivered again. */
export function createReceiver({ optOuts, sender, now, count }: ReceiverOptions) {
  /**
   * Creates the reply that reports a receipt. The reply's ID is derived from the ID of the message that requested the
   * SMS, so all replies about one SMS have the same ID. The consumer stores only the first of them.
   */
  function stepOf(receipt: Receipt) {
    const { memberId, messageId, traceparent } = receipt.about;
    const step = createMessage(onboardingStepCompleted, {
      id: idFrom('delivery', messageId),
      source: '/rollcall/sms',
      subject: memberId,
      time: now(),
      correlationId: messageId,
      causationId: messageId,
      traceparent,
      data: {
        memberId,
        step: 'welcome-sms-delivery',
        summary:
          receipt.kind === 'delivered' ? 'delivery confirmed by the provider' : `not delivered: ${receipt.reason}`,
        completedAt: now().toISOString(),
      },
    });
    return outgoing(registrationReplies.name, onboardingStepCompleted, step);
  }

  return {
    /** @throws {Error} if at least one event could not be processed; the provider must then send all events again */
    async receive(provider: string, events: readonly ProviderEvent[]): Promise<void> {
      // Processes the events in order, because a person may opt out and in again.
      for (const event of events) {
        if (event.kind === 'opt-out') await optOuts.add(event.phone, event.at, `sms-${provider}`);
        if (event.kind === 'opt-in') await optOuts.remove(event.phone, event.at);
      }
      const receipts = events.filter((event): event is Receipt => 'about' in event);
      const [failure] = (await sender.send(receipts.map(stepOf))).values();
      if (failure) throw failure;
      const kinds = Map.groupBy(events, ({ kind }) => kind);
      count(Object.fromEntries([...kinds].map(([kind, { length }]) => [METRICS[kind], length])));
    },
  };
}
