import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDynamoDB } from '@rollcall/local/internal/emulators/dynoxide';
import { startMessaging } from '@rollcall/local/internal/emulators/fauxqs';
import { Command } from 'commander';
import { printTable } from 'rollcall/internal/cli/output';
import { atLeast } from '../ops/demo/options.ts';
import { countingClients, REGION, type Usage } from './peers/clients.ts';
import { type Contestant, contestants } from './peers/contestants.ts';
import { type CrashResult, crashAfterEffect, createResources, handle } from './peers/runs.ts';

const { messages, json } = new Command('npm run bench:peers --')
  .description(
    'Compares a plain loop, this kit and other libraries: each consumes messages of a queue and books points, on the same emulators.',
  )
  .option('--messages <n>', 'number of messages that each consumes', atLeast(20), 2_000)
  .option('--json <file>', 'write the figures to this file')
  .parse()
  .opts<{ messages: number; json?: string }>();

/** The number of turns. In each turn, the consumers run one after the other, so that other load affects all of them. */
const TURNS = 4;
const WARM_UP = 200;
const round = (value: number, digits = 2) => Number(value.toFixed(digits));
/** The calls that poll a queue and delete messages. Their number depends mostly on the number of messages per call. */
const POLLING = new Set(['ReceiveMessage', 'DeleteMessage', 'DeleteMessageBatch', 'GetQueueAttributes']);

function figuresOf(
  usages: readonly Usage[],
  floorPerSecond: number | undefined,
  crash: CrashResult,
  { replies }: Contestant,
) {
  const sum = (of: (usage: Usage) => number) => usages.reduce((all, usage) => all + of(usage), 0);
  const each = (of: (usage: Usage) => number) => round(sum(of) / sum(({ deleted }) => deleted));
  const callsOf = (isCounted: (operation: string) => boolean) => (usage: Usage) =>
    Object.entries(usage.calls).reduce((all, [operation, calls]) => all + (isCounted(operation) ? calls : 0), 0);
  const perSecond = sum(({ deleted }) => deleted) / (sum(({ from, until }) => until - from) / 1000);
  return {
    perSecond: round(perSecond, 0),
    toFloor: round(perSecond / (floorPerSecond ?? perSecond)),
    callsPerMessage: each(callsOf((operation) => !POLLING.has(operation))),
    pollingCallsPerMessage: each(callsOf((operation) => POLLING.has(operation))),
    writeUnitsPerMessage: each(({ writeUnits }) => writeUnits),
    readUnitsPerMessage: each(({ readUnits }) => readUnits),
    effectsAfterKill: crash.effects,
    ...(replies && { repliesAfterKill: crash.replies }),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-peers-'));
const [dynamoDB, messaging] = await Promise.all([
  startDynamoDB(join(folder, 'dynamodb.db')),
  startMessaging({ folder, region: REGION }),
]);
const endpoints = { dynamoDBUrl: dynamoDB.url, messagingUrl: messaging.url };
const benchClients = countingClients(endpoints, '');
try {
  const runs = await Promise.all(
    contestants.map(async (contestant) => ({
      contestant,
      resources: await createResources(benchClients),
      usages: [] as Usage[],
    })),
  );
  const runTurn = (size: number) => async (run: (typeof runs)[number]) =>
    handle(run.contestant, endpoints, benchClients, run.resources, size);
  for (const run of runs) await runTurn(WARM_UP)(run);
  const size = Math.ceil(messages / TURNS);
  for (let index = 0; index < TURNS; index++) {
    // Each turn starts with a different contestant, because the emulators' files grow during a turn.
    for (const run of [...runs.slice(index), ...runs.slice(0, index)]) run.usages.push(await runTurn(size)(run));
  }
  const figures: Record<string, ReturnType<typeof figuresOf>> = {};
  let floor: number | undefined;
  for (const { contestant, usages } of runs) {
    const crash = await crashAfterEffect(contestant, endpoints, benchClients);
    figures[contestant.name] = figuresOf(usages, floor, crash, contestant);
    floor ??= figures[contestant.name]?.perSecond;
  }
  printTable(
    Object.entries(figures).map(([name, figure]) => ({
      'consumer of points': name,
      'messages a second': figure.perSecond,
      'relative to the plain loop': figure.toFloor,
      'calls per message': figure.callsPerMessage,
      'polling calls per message': figure.pollingCallsPerMessage,
      'write units': figure.writeUnitsPerMessage,
      'read units': figure.readUnitsPerMessage,
      'result of the crash test': `booked ${figure.effectsAfterKill === 1 ? 'once' : `${figure.effectsAfterKill} times`}${figure.repliesAfterKill === undefined ? '' : `, answered ${figure.repliesAfterKill === 1 ? 'once' : `${figure.repliesAfterKill} times`}`}`,
    })),
  );
  if (json) writeFileSync(json, `${JSON.stringify({ cpus: cpus().length, messages, ...figures }, null, 2)}\n`);
} finally {
  benchClients.destroy();
  await Promise.all([dynamoDB.stop(), messaging.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
