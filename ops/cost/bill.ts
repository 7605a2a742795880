import type { Metered, MeteredCalls } from '@rollcall/local/internal/metering/meter';
import type { Deployed } from './deployed.ts';
import { type Durations, secondsOf } from './durations.ts';
import prices from './prices.json' with { type: 'json' };

/** The average billable usage of one metered action, such as a registration. */
export interface Bill {
  /** Calls of functions and pollers to AWS, without empty receives and without the reads of sweeps. */
  calls: number;
  writeUnits: number;
  /**
   * The part of `writeUnits` that refused writes consumed. No response reports these units; they are computed from item
   * sizes.
   */
  computedWriteUnits: number;
  readUnits: number;
  usdPerMillion: number;
  byService: {
    dynamodb: { calls: number; writeUnits: number; readUnits: number; usdPerMillion: number };
    sqs: { calls: number; requests: number; messages: number; usdPerMillion: number };
    sns: { calls: number; published: number; delivered: number; bytes: number; usdPerMillion: number };
    lambda: { invocations: number; gbSeconds: number; usdPerMillion: number };
    api: { requests: number; usdPerMillion: number };
    logs: { bytes: number; usdPerMillion: number };
    /** Calls to other services. The bill contains no price for these calls. */
    others: { calls: number };
  };
}

const GB = 1024 ** 3;
const MILLION = 1_000_000;

/** Returns the calls without the reads of sweeps, which a stage also makes without registrations. */
export const busyCalls = ({ calls }: Metered, { sweeps }: Pick<Deployed, 'sweeps'>) =>
  calls.filter(
    ({ caller, operation }) =>
      !sweeps.includes(caller) || !/^(Get|BatchGet|Query|Scan|Receive|Discover)/.test(operation),
  );

/** @param count number of metered actions, such as registrations */
export function billOf(metered: Metered, count: number, deployed: Deployed, durations: Durations): Bill {
  const calls = busyCalls(metered, deployed);
  const each = (sum: number) => sum / count;
  const callsTo = (service: string) => calls.filter((call) => call.service === service);
  const sum = (some: readonly MeteredCalls[], what: 'calls' | 'messages' | 'requests' | 'bytes') =>
    each(some.reduce((all, call) => all + call[what], 0));
  const units = (what: 'write' | 'read' | 'computed') =>
    each(calls.flatMap((call) => Object.values(call.units)).reduce((all, one) => all + one[what], 0));
  const [writeUnits, readUnits] = [units('write'), units('read')];
  const { dynamodb, sqs, sns, lambda, api, logs } = prices;

  const priced = {
    dynamodb: {
      calls: sum(callsTo('dynamodb'), 'calls'),
      writeUnits,
      readUnits,
      usdPerMillion: writeUnits * dynamodb.perMillionWriteUnits + readUnits * dynamodb.perMillionReadUnits,
    },
    sqs: {
      calls: sum(callsTo('sqs'), 'calls'),
      requests: sum(callsTo('sqs'), 'requests'),
      messages: sum(callsTo('sqs').filter(isSend), 'messages'),
      usdPerMillion:
        sum(callsTo('sqs').filter(isFifo), 'requests') * sqs.perMillionFifoRequests +
        sum(
          callsTo('sqs').filter((call) => !isFifo(call)),
          'requests',
        ) *
          sqs.perMillionStandardRequests,
    },
    sns: snsOf(callsTo('sns'), count, deployed, sns),
    lambda: lambdaOf(metered, count, deployed, durations, lambda),
    api: apiOf(metered, count, api.perMillionRequests),
    logs: logsOf(metered, count, deployed, logs.perIngestedGb),
    others: {
      calls: sum(
        calls.filter(({ service }) => !['dynamodb', 'sqs', 'sns'].includes(service)),
        'calls',
      ),
    },
  };
  const { others: _, ...withPrice } = priced;
  return {
    calls: sum(calls, 'calls'),
    writeUnits,
    computedWriteUnits: units('computed'),
    readUnits,
    usdPerMillion: Object.values(withPrice).reduce((all, { usdPerMillion }) => all + usdPerMillion, 0),
    byService: priced,
  };
}

const isFifo = ({ resource }: MeteredCalls) => resource.endsWith('.fifo');
const isSend = ({ operation }: MeteredCalls) => operation.startsWith('SendMessage');

function snsOf(calls: readonly MeteredCalls[], count: number, deployed: Deployed, price: (typeof prices)['sns']) {
  let [published, delivered, bytes, usd] = [0, 0, 0, 0];
  for (const call of calls) {
    const deliveries = deployed.subscriptions[call.resource] ?? 0;
    const isOfFifo = isFifo(call);
    published += call.messages;
    delivered += call.messages * deliveries;
    bytes += call.bytes;
    // Deliveries from standard topics to queues are free.
    usd += isOfFifo
      ? (call.messages * price.perMillionFifoPublishes) / MILLION +
        (call.messages * deliveries * price.perMillionFifoDeliveries) / MILLION +
        (call.bytes / GB) * (price.perPublishedGb + deliveries * price.perDeliveredGb)
      : (call.messages * price.perMillionStandardPublishes) / MILLION;
  }
  return {
    calls: calls.reduce((all, call) => all + call.calls, 0) / count,
    published: published / count,
    delivered: delivered / count,
    bytes: bytes / count,
    usdPerMillion: (usd / count) * MILLION,
  };
}

/** Returns the functions without the sweeps, which also run every minute in an idle stage. */
const busyFunctions = ({ functions }: Metered, { sweeps }: Deployed) =>
  Object.entries(functions).filter(([name]) => !sweeps.includes(name));

function lambdaOf(
  metered: Metered,
  count: number,
  deployed: Deployed,
  durations: Durations,
  price: (typeof prices)['lambda'],
) {
  const functions = busyFunctions(metered, deployed);
  const invocations = functions.reduce((all, [, { invocations }]) => all + invocations.length, 0) / count;
  const gbSeconds =
    functions.reduce(
      (all, [name, invoked]) =>
        all + secondsOf(name, invoked, durations) * ((deployed.functions[name]?.memoryMb ?? 0) / 1024),
      0,
    ) / count;
  const usdPerMillion = invocations * price.perMillionInvocations + gbSeconds * price.perGbSecond * MILLION;
  return { invocations, gbSeconds, usdPerMillion };
}

function apiOf({ requests }: Metered, count: number, usd: number) {
  const each = Object.values(requests).reduce((all, one) => all + one, 0) / count;
  return { requests: each, usdPerMillion: each * usd };
}

function logsOf(metered: Metered, count: number, deployed: Deployed, usd: number) {
  const ofFunctions = busyFunctions(metered, deployed).reduce(
    (all, [name, { logBytes, invocations }]) =>
      all + logBytes + invocations.length * (deployed.functions[name]?.platformLogBytes ?? 0),
    0,
  );
  const bytes = (ofFunctions + metered.accessLogBytes) / count;
  return { bytes, usdPerMillion: (bytes / GB) * usd * MILLION };
}
