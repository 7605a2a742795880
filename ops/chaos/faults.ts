import type { Cloud } from '@rollcall/local/internal/cloud';
import type { CallFault, Faults } from '@rollcall/local/internal/faults/faults';
import type { TextFault, TextFaults } from '../sms-sandbox/mailbox.ts';

/** A report of the cloud's process: one JSON object per line. */
export type Report =
  | { ready: Pick<Cloud, 'apiUrl' | 'endpointUrl' | 'beside'> }
  /** An order is finished. A number is the count of invocations that the previous code handled. */
  | { done: 'deployed' | number }
  | { fault: string; at: string }
  | { published: Array<{ aggregateId: string; version: number }> };

/** An order to the cloud's process: one JSON object per line. */
export type Order =
  | { faultLevel: FaultLevel }
  | { deploy: string; previousWeight: number }
  /** Stops sending invocations to the previous code. */
  | { retire: true };

/** `rejections`: only the gateway's permanent rejections. */
export type FaultLevel = 'all' | 'rejections' | 'none';

const CALL_FAULTS = 0.04;
const CRASHES = 0.003;
/** Sweeps run rarely, so their crash probability is higher. */
const SWEEP_CRASHES = 0.3;
const SMS_FAULTS: Array<[TextFault, number]> = [
  ['fails', 0.03],
  ['answer lost', 0.01],
  ['hangs', 0.003],
];
/**
 * The probability that a call begins an outage of its service. For two seconds, which is longer than the SDK's
 * retries, half of the calls to the service get a fault.
 */
const OUTAGES = 0.000_3;
const OUTAGE_MS = 2_000;
const CALLS_IN_OUTAGE = 0.5;
/** The probability that an SMS begins an outage of the gateway. The outage lasts longer than the retries of a call. */
const GATEWAY_OUTAGES = 0.000_5;
const GATEWAY_OUTAGE_MS = 45_000;
/**
 * Calls without injected faults. Some of these calls must succeed for the cloud to start. If one of the others failed,
 * messages would only be delayed by a minute.
 */
const CALLS_WITHOUT_FAULTS =
  /^(Create|Describe|Update(Table|Time)|Set|Subscribe|List|Get(Queue|Caller)|ReceiveMessage)/;
const KINDS: Array<CallFault['kind']> = ['refused', 'refused', 'throttled', 'answer lost', 'answer lost', 'delayed'];
const SPECIAL: Record<string, CallFault['kind']> = {
  TransactWriteItems: 'conflict',
  BatchWriteItem: 'partly done',
  PublishBatch: 'partly done',
  SendMessageBatch: 'partly done',
};
/** Maximum delay. The SDK times out after two seconds. */
const MAX_DELAY_MS = 2_500;

/**
 * Whether the gateway rejects an SMS until the gateway is repaired. The message ID decides; one SMS in `rejectOneIn` is
 * rejected.
 */
export const isRejected = (messageId: string, rejectOneIn: number) =>
  Number.parseInt(messageId.slice(-4), 16) % rejectOneIn === 0;

export interface FaultsOptions {
  random: () => number;
  faultLevel: () => FaultLevel;
  /** The gateway rejects one in this many SMS. */
  rejectOneIn: number;
  report: (report: Report) => void;
}

/** Creates random faults with the probabilities above. */
export function createFaults({ random, faultLevel, rejectOneIn, report }: FaultsOptions): Faults & TextFaults {
  const outageEnds = new Map<string, number>();
  let gatewayOutUntil = 0;

  function rateOf(service: string): number {
    if (random() < OUTAGES) outageEnds.set(service, Date.now() + OUTAGE_MS);
    return (outageEnds.get(service) ?? 0) > Date.now() ? CALLS_IN_OUTAGE : CALL_FAULTS;
  }

  return {
    call(service, operation) {
      if (faultLevel() !== 'all' || CALLS_WITHOUT_FAULTS.test(operation) || random() > rateOf(service))
        return undefined;
      const kinds = [...KINDS, ...(SPECIAL[operation] ? [SPECIAL[operation]] : [])];
      const kind = kinds[Math.floor(random() * kinds.length)] ?? 'refused';
      return kind === 'delayed' ? { kind, ms: random() * MAX_DELAY_MS } : { kind };
    },

    death(functionName) {
      const rate = functionName.endsWith('-sweep') ? SWEEP_CRASHES : CRASHES;
      return faultLevel() !== 'all' || random() > rate ? undefined : random() * 50;
    },

    text(idempotencyKey = '') {
      if (faultLevel() === 'none') return undefined;
      if (isRejected(idempotencyKey, rejectOneIn)) return 'refuses';
      if (faultLevel() === 'rejections') return undefined;
      if (random() < GATEWAY_OUTAGES) gatewayOutUntil = Date.now() + GATEWAY_OUTAGE_MS;
      if (gatewayOutUntil > Date.now()) return 'fails';
      let chance = random();
      for (const [fault, rate] of SMS_FAULTS) {
        chance -= rate;
        if (chance < 0) return fault;
      }
      return undefined;
    },

    happened: (fault) => report({ fault, at: new Date().toISOString() }),

    answered(operation, request) {
      if (operation !== 'PublishBatch') return;
      const published = [...new URLSearchParams(request)]
        .filter(([name]) => /\.Message$/.test(name))
        .map(([, body]) => JSON.parse(body) as { subject: string; sequence: string })
        .map(({ subject, sequence }) => ({ aggregateId: subject, version: Number(sequence) }));
      report({ published });
    },
  };
}
