import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { type Cloud, startCloud } from '@rollcall/local/internal/cloud';
import { OPERATOR } from '@rollcall/local/internal/iam/access';
import { signedFetch } from '@rollcall/local/internal/iam/signed-fetch';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import fc from 'fast-check';
import pMap from 'p-map';
import pc from 'picocolors';
import { atLeastOne } from 'rollcall/internal/cli/command';
import { progressBar } from 'rollcall/internal/cli/output';
import { createServices } from '../../ops/demo/services.ts';
import { EVERY_MEMBER } from '../../ops/every-member.ts';
import { smsSandbox } from '../../ops/sms-sandbox/sandbox.ts';
import { channels } from '../../shared/contracts/channels.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { rpcRoutes } from '../../shared/contracts/rpc.ts';
import { type Finding, findings } from './findings.ts';
import { httpRequest, queueMessage, rpcRequest } from './inputs.ts';

const { requests, seed, json } = new Command('npm run fuzz --')
  .description(
    'Sends random input to every route and every consumer of an embedded cloud, and reports errors and leaks.',
  )
  .option('--requests <n>', 'number of requests and messages', atLeastOne, 2_000)
  .option('--seed <n>', 'seed that determines the input', Number, randomInt(2 ** 31))
  .option('--json', 'print only one JSON object')
  .addHelpText(
    'after',
    '\nExit code 1: a function failed or crashed, a response was 5xx, personal data leaked, or a registration is incomplete.',
  )
  .parse()
  .opts<{ requests: number; seed: number; json?: boolean }>();

const CONCURRENCY = 16;
/** The number of messages to consumers among ten inputs. */
const MESSAGES_OF_TEN = 2;
/** The number of calls of RPC methods among ten inputs. */
const RPC_OF_TEN = 1;
/** A phone number that occurs only in inputs, so that a leak is recognised. */
const PHONE = '+34698765432';
const SECOND_PHONE = '+34698765433';
const NAME = 'Xochiquétzal';
const MARKS = [PHONE.slice(1), NAME, encodeURIComponent(NAME)];

const CONSUMERS = [
  ...channels.filter(({ kind }) => kind === 'queue').map(({ name }) => name),
  'sms',
  'points',
  'guide',
];

interface Sent {
  what: string;
  status: number;
  body: string;
  headers: string;
}

/** Generates the nth input. Each input has its own seed, and therefore does not depend on the other inputs. */
const draw = <T>(arbitrary: fc.Arbitrary<T>, nth: number): T =>
  fc.sample(arbitrary, { seed: seed + nth, numRuns: 1 })[0] as T;

async function sendAll(cloud: Cloud): Promise<Sent[]> {
  const token = await cloud.issuer.token(EVERY_MEMBER);
  const operatorFetch = signedFetch(OPERATOR);
  const permanent = await register(cloud, token, PHONE);
  // Inputs may deactivate this member.
  const deactivatable = await register(cloud, token, SECOND_PHONE);
  const known = { ids: [permanent, deactivatable], token, phone: PHONE, name: NAME };
  const functions = CONSUMERS.map((name) => `rollcall-dev-${name}-consume`);

  async function send(nth: number): Promise<Sent> {
    if (nth % 10 < MESSAGES_OF_TEN) {
      const { fn, event } = draw(queueMessage(functions, known), nth);
      const { ok, payload } = (await cloud.functions.get(fn)?.invoke(JSON.stringify(event))) ?? {
        ok: false,
        payload: 'no function',
      };
      return { what: `${fn} ${JSON.stringify(event)}`, status: ok ? 200 : 500, body: payload, headers: '' };
    }
    const isRpc = nth % 10 < MESSAGES_OF_TEN + RPC_OF_TEN;
    const { method, path, headers, body } = isRpc
      ? draw(
          rpcRequest(
            rpcRoutes.map(({ path }) => path),
            known,
          ),
          nth,
        )
      : draw(httpRequest(Object.values(routes), known), nth);
    const call = isRpc ? operatorFetch : fetch;
    const response = await call(cloud.apiUrl + path, { method, headers, ...(body !== undefined && { body }) });
    const content = { body: await response.text(), headers: JSON.stringify([...response.headers]) };
    return { what: `${method} ${path}`, status: response.status, ...content };
  }

  const bar = progressBar(requests, 'requests');
  let done = 0;
  const sent = await pMap(
    Array.from({ length: requests }, (_, nth) => nth),
    async (nth) => {
      const one = await send(nth).catch(
        (error: Error): Sent => ({ what: `${nth}`, status: 599, body: String(error.cause ?? error), headers: '' }),
      );
      bar.update(++done);
      return one;
    },
    { concurrency: CONCURRENCY },
  );
  bar.stop();
  return sent;
}

async function register(cloud: Cloud, token: string, phone: string): Promise<string> {
  const response = await fetch(`${cloud.apiUrl}/v1/members`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ phone, name: NAME, locale: 'es' }),
  });
  return ((await response.json()) as { id: string }).id;
}

async function itemsOf({ endpointUrl }: Cloud, table: string): Promise<Array<Record<string, any>>> {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint: endpointUrl, region: 'us-east-1', credentials: OPERATOR }),
  );
  const pages = paginateScan({ client }, { TableName: `rollcall-dev-${table}`, ConsistentRead: true });
  return (await Array.fromAsync(pages)).flatMap(({ Items = [] }) => Items);
}

/** Incomplete registrations: a member without a guard, or a guard without a member. */
async function incompleteRegistrations(cloud: Cloud): Promise<Finding[]> {
  const items = await itemsOf(cloud, 'members');
  const guarded = new Set(items.flatMap(({ pk, holder }) => (pk.startsWith('phone#') ? (holder ?? []) : [])));
  const active = new Set(items.filter(({ status }) => status === 'active').map(({ id }) => id));
  return [...guarded.symmetricDifference(active)].map((id) => ({ kind: 'incomplete', what: `member ${id}` }));
}

/**
 * Finds defects of handlers, and leaks, in the errors of parked messages. If a handler has a defect, its message is
 * parked as a temporary failure, and the function that runs the handler succeeds.
 */
async function findingsInParked(cloud: Cloud): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const name of CONSUMERS) {
    for (const { body: _, error = '', ...parked } of await itemsOf(cloud, name)) {
      const isDefect = /^(TypeError|RangeError|ReferenceError|SyntaxError|ZodError|ValidationException)/.test(error);
      const isLeak = MARKS.some((mark) => error.includes(mark));
      if (isDefect || isLeak)
        found.push({ kind: isLeak ? 'leak' : 'crash', what: `${name} ${JSON.stringify({ ...parked, error })}` });
    }
  }
  return found;
}

/** Waits until no message is in transit, for at most a minute. */
async function waitUntilIdle(cloud: Cloud): Promise<void> {
  const services = createServices({ ...cloud, stage: 'dev' });
  for (let tries = 0; tries < 120 && (await services.countInTransit()) > 0; tries++) await delay(500);
}

const folder = await mkdtemp(join(tmpdir(), 'rollcall-fuzz-'));
const data = join(folder, 'data');
const cloud = await startCloud({ assembly: await synthesize(join(folder, 'assembly')), beside: [smsSandbox()], data });
const start = performance.now();
const sent = await sendAll(cloud);
await waitUntilIdle(cloud);
const storedFindings = [...(await incompleteRegistrations(cloud)), ...(await findingsInParked(cloud))];
await cloud.stop();
// The files contain the complete logs. The cloud keeps only the last lines of each function in memory.
const logs = readdirSync(join(data, 'logs')).flatMap((name) =>
  readFileSync(join(data, 'logs', name), 'utf8')
    .split('\n')
    .map((line) => ({ name, line })),
);
const found = [...findings(sent, logs, MARKS), ...storedFindings];
await rm(folder, { recursive: true });

const statuses = Object.fromEntries(
  [...Map.groupBy(sent, ({ status }) => status)].map(([status, all]) => [status, all.length] as const),
);
const summary = { requests, seed, seconds: Math.round((performance.now() - start) / 1000), statuses, findings: found };
if (json) console.log(JSON.stringify(summary, null, 2));
else {
  console.log(
    `seed ${seed}: ${requests} requests and messages in ${summary.seconds} s; by status: ${JSON.stringify(statuses)}`,
  );
  for (const { kind, what } of found.slice(0, 20)) console.log(`${pc.red(kind)} ${what.slice(0, 400)}`);
  console.log(
    found.length === 0
      ? pc.green('No 5xx, no crash, no leak, no incomplete registration.')
      : pc.red(`${found.length} findings`),
  );
}
process.exitCode = found.length === 0 ? 0 : 1;
