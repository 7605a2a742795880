import type { Metered } from '@rollcall/local/internal/metering/meter';
import { type Bill, billOf } from './bill.ts';
import type { Deployed } from './deployed.ts';
import type { Durations } from './durations.ts';
import prices from './prices.json' with { type: 'json' };

/** Dollars a month without registrations. */
export interface Idle {
  /** Cost of polling by Lambda. */
  polling: number;
  sweeps: number;
  alarms: number;
  dashboards: number;
  secrets: number;
  keys: number;
}

const MINUTES = 30 * 24 * 60;
const MILLION = 1_000_000;
/**
 * Lambda keeps five long polls of 20 seconds open per queue. The number five is documented for standard queues
 * (https://aws.amazon.com/blogs/compute/estimating-cost-for-amazon-sqs-message-processing-using-aws-lambda/). No
 * documentation states another number for FIFO queues.
 */
const POLLS_A_MINUTE = 5 * 3;

/** The usage of the sweeps of an idle stage in a minute. */
export function sweepsOf(metered: Metered, deployed: Deployed, durations: Durations): Bill {
  // `billOf` leaves out the idle work of functions in `sweeps`, but this bill is about that work.
  return billOf(metered, 1, { ...deployed, sweeps: [] }, durations);
}

/** @param sweeps one run of every sweep */
export function idleOf({ polled, ...deployed }: Deployed, sweeps: Bill): Idle {
  const { sqs, monitoring, secrets, keys } = prices;
  const fifo = polled.filter((queue) => queue.endsWith('.fifo')).length;
  const polls = (queues: number) => (queues * POLLS_A_MINUTE * MINUTES) / MILLION;
  return {
    polling: polls(fifo) * sqs.perMillionFifoRequests + polls(polled.length - fifo) * sqs.perMillionStandardRequests,
    sweeps: (sweeps.usdPerMillion * MINUTES) / MILLION,
    alarms: deployed.alarmMetrics * monitoring.perAlarmMetricAndMonth,
    dashboards: deployed.dashboards * monitoring.perDashboardAndMonth,
    secrets: deployed.secrets * secrets.perSecretAndMonth,
    keys: deployed.keys * keys.perKeyAndMonth,
  };
}
