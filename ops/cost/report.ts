import pc from 'picocolors';
import { printTable } from 'rollcall/internal/cli/output';
import type { Bill } from './bill.ts';
import type { CostRow } from './features.ts';
import type { Idle } from './idle.ts';
import type { Operation } from './operations.ts';
import prices from './prices.json' with { type: 'json' };

export interface Report {
  perRegistration: Bill;
  perRedemption?: Bill;
  /** The monthly cost of polling queues and of sweeps, in an idle stage. */
  pollingAndSweepsUsdPerMonth: number;
  /** The other monthly costs of an idle stage. */
  otherIdleUsdPerMonth: Omit<Idle, 'polling' | 'sweeps'>;
  members: number;
  /** The costs that features add to a registration. */
  features?: CostRow[];
  /** The cost of a process in the service that runs it, without the services that execute its steps. */
  process: CostRow[];
  /** The cost of scheduled messages. */
  scheduledMessages: CostRow[];
  operations?: { perRegistration: Operation[]; perRedemption?: Operation[] };
}

const fixed = (value: number, digits = 2) => value.toFixed(digits);

function printBill(what: string, { byService, ...bill }: Bill): void {
  const { dynamodb, sqs, sns, lambda, api, logs, others } = byService;
  const row = (service: string, calls: number | '', counted: string, usd: number | '') => ({
    service,
    calls: calls === '' ? '' : fixed(calls),
    counted,
    '$ a million': usd === '' ? '' : fixed(usd),
  });
  console.log(pc.bold(`\n${what}`));
  printTable([
    row(
      'DynamoDB',
      dynamodb.calls,
      `${fixed(bill.writeUnits)} write units, ${fixed(bill.readUnits)} read units`,
      dynamodb.usdPerMillion,
    ),
    row('SQS', sqs.calls, `${fixed(sqs.requests)} requests, ${fixed(sqs.messages)} messages sent`, sqs.usdPerMillion),
    row('SNS', sns.calls, `${fixed(sns.published)} published, ${fixed(sns.delivered)} delivered`, sns.usdPerMillion),
    row(
      'Lambda',
      '',
      `${fixed(lambda.invocations)} invocations, ${fixed(lambda.gbSeconds, 3)} GB-seconds`,
      lambda.usdPerMillion,
    ),
    row('HTTP API', '', `${fixed(api.requests)} requests`, api.usdPerMillion),
    row('logs', '', `${fixed(logs.bytes, 0)} bytes`, logs.usdPerMillion),
    ...(others.calls > 0 ? [row('others', others.calls, '', '')] : []),
    row('all', bill.calls, `${fixed(bill.writeUnits)} write units`, bill.usdPerMillion),
  ]);
  if (bill.computedWriteUnits > 0)
    console.log(
      pc.dim(
        `Refused writes consumed ${fixed(bill.computedWriteUnits)} of the write units (computed from the sizes of the items).`,
      ),
    );
}

function printOperations(what: string, operations: readonly Operation[]): void {
  console.log(pc.bold(`\n${what}, by operation`));
  printTable(operations.map((operation) => ({ ...operation })));
}

function printCosts(title: string, rows: readonly CostRow[]): void {
  console.log(pc.bold(`\n${title}, with one message in each batch`));
  printTable(
    rows.map(({ what, calls, writeUnits, usdPerMillion, measuredBy }) => ({
      what,
      calls: fixed(calls),
      'write units': fixed(writeUnits),
      '$ a million': fixed(usdPerMillion),
      'measured by': measuredBy,
    })),
  );
}

/** Prints the measurements as text. */
export function printReport(report: Report): void {
  const { perRegistration, perRedemption, members, operations } = report;
  printBill(`A registration (average of ${members})`, perRegistration);
  if (operations) printOperations('A registration', operations.perRegistration);
  if (perRedemption) printBill('A redemption', perRedemption);
  if (operations?.perRedemption) printOperations('A redemption', operations.perRedemption);
  if (report.features) printCosts('Features of a registration', report.features);
  printCosts('A process, without the services that execute its steps', report.process);
  printCosts('A scheduled message', report.scheduledMessages);
  console.log(pc.bold('\nA month without registrations'));
  printTable(
    Object.entries({
      'polling of queues, and sweeps': report.pollingAndSweepsUsdPerMonth,
      ...report.otherIdleUsdPerMonth,
    }).map(([what, usd]) => ({ what, $: fixed(usd) })),
  );
  console.log(
    pc.dim(
      `\nList prices of ${prices.region}, ${prices.asOf}: ops/cost/prices.json. Without the price of SMS, which the providers bill.`,
    ),
  );
}
