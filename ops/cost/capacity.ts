import type { Stage } from '../../infra/stages.ts';
import type { Figures } from './figures.ts';
import type { Idle } from './idle.ts';

/** A quota of AWS, or a setting of the stage, that limits registrations. */
export interface Limit {
  what: string;
  /** What a rate of registrations needs, in the unit of `limit`, such as write units per second. */
  needs: (registrationsPerSecond: number) => number;
  limit: number;
  /** The setting or quota to raise, or how to change the application if the limit cannot be raised. */
  raise: string;
  /** Source of the limit: an AWS page, or a setting. */
  source: string;
}

export interface Ceiling extends Limit {
  registrationsPerSecond: number;
}

/** AWS quotas in us-east-1, read in autumn 2026. */
const QUOTAS = {
  itemWriteUnits: 1_000,
  newTableWriteUnits: 4_000,
  tableWriteUnits: 40_000,
  topicMessages: 30_000,
  apiRequests: 10_000,
  functionsAtOnce: 1_000,
  queueRequests: 70_000,
};

const DEVELOPER_GUIDE = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide';
const SOURCES = {
  item: `${DEVELOPER_GUIDE}/bp-partition-key-design.html`,
  newTable: `${DEVELOPER_GUIDE}/warm-throughput.html`,
  table: `${DEVELOPER_GUIDE}/ServiceQuotas.html`,
  topic: 'https://docs.aws.amazon.com/general/latest/gr/sns.html',
  api: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html',
  functions: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
  queue: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html',
  stage: '`infra/stages.ts`',
};

/** Prefixes of keys that differ by person, caller or instance, so that writes are distributed over many items. */
const DISTRIBUTED_KEYS = new Set(['', 'caller', 'phone', 'member', 'onboarding', 'commands', 'operation']);
/** The table of circuit breakers. Its writes are caused by schedules and failures, not by registrations. */
const CIRCUITS = 'circuits';
const SECONDS_A_DAY = 86_400;

/** Returns all limits of registrations, from measured figures and the settings of a stage. */
export function limitsOf(figures: Figures, stage: Stage): Limit[] {
  return [
    ...hotItems(figures),
    ...tables(figures, stage),
    ...services(figures),
    ...functions(figures, stage),
    ...settings(stage),
  ];
}

function hotItems({ perRegistration }: Figures): Limit[] {
  return perRegistration.hottest
    .filter(({ table, kind }) => table !== CIRCUITS && !DISTRIBUTED_KEYS.has(kind))
    .map(({ table, kind, updates }) => ({
      what: `writes a second to one item: \`${kind}#…\` in table \`${table}\``,
      needs: (rate) => rate * updates,
      limit: QUOTAS.itemWriteUnits,
      raise: 'none: spread the writes over several items, or lease more tokens with one write',
      source: SOURCES.item,
    }));
}

function tables({ perRegistration }: Figures, { warmThroughput }: Stage): Limit[] {
  return Object.entries(perRegistration.tables)
    .filter(([table]) => table !== CIRCUITS)
    .flatMap(([table, units]) => {
      const needs = (rate: number) => rate * units;
      return [
        {
          what: `write units a second of table \`${table}\` while the table is new`,
          needs,
          limit: warmThroughput[table]?.writes ?? QUOTAS.newTableWriteUnits,
          raise: 'setting `warmThroughput`; the increase is billed once',
          source: SOURCES.newTable,
        },
        {
          what: `write units a second of table \`${table}\``,
          needs,
          limit: QUOTAS.tableWriteUnits,
          raise: 'quota of DynamoDB: write units of a table',
          source: SOURCES.table,
        },
      ];
    });
}

function services({ perRegistration: { byService, received } }: Figures): Limit[] {
  // Standard queues have no quota for ReceiveMessage calls.
  const ordered = Object.entries(received).filter(([queue]) => queue.endsWith('.fifo'));
  const queues = ordered.map(([queue, { calls }]) => ({
    what: `ReceiveMessage calls a second to queue \`${queue}\``,
    needs: (rate: number) => rate * calls,
    limit: QUOTAS.queueRequests,
    raise: 'quota of SQS: high throughput of FIFO queues',
    source: SOURCES.queue,
  }));
  return [
    {
      what: 'messages a second to SNS FIFO topics',
      needs: (rate) => rate * byService.sns.published,
      limit: QUOTAS.topicMessages,
      raise: 'quota of SNS: FIFO messages a second',
      source: SOURCES.topic,
    },
    {
      what: 'requests a second to API Gateway',
      needs: (rate) => rate * byService.api.requests,
      limit: QUOTAS.apiRequests,
      raise: 'quota of API Gateway: throttle rate',
      source: SOURCES.api,
    },
    ...queues,
  ];
}

/** Returns the number of instances of a function that one registration a second occupies. */
function instancesPerRate({ perRegistration, durations }: Figures, name: string): number {
  const { base = 0, perRecord = 0 } = durations[name] ?? {};
  const invocations = perRegistration.invocations[name] ?? 0;
  const queue = name.replace(/-consume$/, '');
  const { messages: records = 0 } = perRegistration.received[`${queue}.fifo`] ?? perRegistration.received[queue] ?? {};
  return (base * invocations + perRecord * records) / 1000;
}

function functions(figures: Figures, stage: Stage): Limit[] {
  const names = Object.keys(figures.perRegistration.invocations);
  const together = names.reduce((all, name) => all + instancesPerRate(figures, name), 0);
  const { default: standard, ...byQueue } = stage.subscriberConcurrency;
  const consumers = names.filter((name) => name.endsWith('-consume'));
  return [
    {
      what: 'concurrent function instances of the account',
      needs: (rate) => rate * together,
      limit: QUOTAS.functionsAtOnce,
      raise: 'quota of Lambda: concurrent executions',
      source: SOURCES.functions,
    },
    ...consumers.map((name) => {
      const queue = name.replace(/-consume$/, '');
      return {
        what: `concurrent batches of queue \`${queue}\``,
        needs: (rate: number) => rate * instancesPerRate(figures, name),
        limit: (byQueue as Record<string, number | undefined>)[queue] ?? standard,
        raise: `setting \`subscriberConcurrency\`, up to 1,000`,
        source: SOURCES.stage,
      };
    }),
  ];
}

function settings({ throttling, sms }: Stage): Limit[] {
  const settingLimit = (what: string, limit: number, setting: string, each = 1): Limit => ({
    what,
    needs: (rate) => rate * each,
    limit,
    raise: `setting \`${setting}\``,
    source: SOURCES.stage,
  });
  return [
    settingLimit(
      'registrations a second that the API accepts',
      throttling.registrationsPerSecond,
      'throttling.registrationsPerSecond',
    ),
    settingLimit('SMS a day', sms.perDay, 'sms.perDay', SECONDS_A_DAY),
    settingLimit(
      'SMS to one country a minute, if all phones are in that country',
      sms.perCountryAndMinute,
      'sms.perCountryAndMinute',
      60,
    ),
    ...(sms.perMinute === null
      ? []
      : [settingLimit('SMS a minute, as agreed with a provider', sms.perMinute, 'sms.perMinute', 60)]),
  ];
}

/** Returns the rate of registrations that each limit allows, the lowest first. */
export function ceilingsOf(limits: readonly Limit[]): Ceiling[] {
  return limits
    .map((limit) => ({ ...limit, registrationsPerSecond: limit.limit / limit.needs(1) }))
    .toSorted((a, b) => a.registrationsPerSecond - b.registrationsPerSecond);
}

const SECONDS_A_MONTH = 30 * SECONDS_A_DAY;

/** Returns the monthly cost in dollars at a constant rate of registrations, without SMS. */
export function usdPerMonth(rate: number, { perRegistration }: Figures, idle: Idle): number {
  const idleUsd = Object.values(idle).reduce((all, usd) => all + usd, 0);
  // The idle cost includes empty receives, which busy queues do not have, so the result is slightly too high. The price
  // of a registration includes the receives that return messages.
  return idleUsd + (rate * SECONDS_A_MONTH * perRegistration.usdPerMillion) / 1_000_000;
}
