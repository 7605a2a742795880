import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { PARKED_INDEX } from '@rollcall/kit/internal/contracts/subscriber-table';
import { circuitsOf } from '../stage/circuits.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import type { StageClient } from '../stage/stage.ts';
import { switchesOf } from '../stage/switches.ts';
import type { Words } from '../words.ts';
import type { StageState } from './activity.ts';
import type { ProviderFaults } from './parts.ts';

/**
 * Counting stops after the page of results with which the count reaches this number. The count is then a lower bound.
 */
const MAX_COUNTED = 20_000;

async function countOf({ dynamodb, table }: StageClient, name: string, IndexName?: string): Promise<number> {
  let total = 0;
  const pages = paginateScan({ client: dynamodb }, { TableName: table(name), IndexName, Select: 'COUNT' });
  for await (const { Count = 0 } of pages) {
    total += Count;
    if (total >= MAX_COUNTED) break;
  }
  return total;
}

/**
 * Reads the backlogs and faults of a stage. Among other calls, makes one call per queue, and one call per page of
 * results of each outbox and of each index of parked messages.
 */
export async function readStageState(
  stage: StageClient,
  subscribers: readonly string[],
  cloud: EmbeddedCloud | undefined,
  providerFaults: ProviderFaults | undefined,
): Promise<StageState> {
  const now = new Date();
  const outboxes = await stage.outboxes();
  const [queues, outboxRows, parked, circuits, switches, broken, faults] = await Promise.all([
    stage.queues(),
    Promise.all(outboxes.map(async ({ name }) => [stage.table(name), await countOf(stage, name)] as const)),
    Promise.all(subscribers.map(async (name) => [name, await countOf(stage, name, PARKED_INDEX)] as const)),
    circuitsOf(stage, now),
    switchesOf(stage, now),
    cloud?.broken(),
    cloud && providerFaults?.broken(cloud),
  ]);
  const stopped = Object.entries(broken?.functions ?? {}).flatMap(([name, isStopped]) => (isStopped ? [name] : []));
  return {
    queues: new Map(queues.map(({ queue, visible, inFlight }) => [queue, { backlog: visible, inFlight }])),
    outboxes: new Map(outboxRows),
    parked: new Map(parked),
    stopped: new Set(stopped),
    warnings: [
      ...circuits
        .filter(({ state }) => state !== 'closed')
        .map(({ circuit, state }) =>
          warning(`circuit ${circuit}: ${state}`, `断路器 ${circuit}：${CHINESE_STATES[state]}`),
        ),
      ...switches
        .filter(({ mode }) => mode !== 'on')
        .map(({ capability, mode }) => warning(`switch ${capability}: ${mode}`, `开关 ${capability}：${mode}`)),
      ...Object.entries(faults ?? {}).map(([name, { kind }]) =>
        warning(`provider ${name}: ${kind}`, `服务商 ${name}：${kind}`),
      ),
      ...stopped.map((name) => warning(`function ${name}: stopped`, `函数 ${name}：已停止`)),
      ...(broken && broken.latencyMs > 0
        ? [warning(`latency: ${broken.latencyMs} ms`, `延迟：${broken.latencyMs} 毫秒`)]
        : []),
    ],
  };
}

const warning = (en: string, zh: string): Words => ({ en, zh });

const CHINESE_STATES = { closed: '关闭', open: '打开', 'half-open': '半开' };
