import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startCloud } from '@rollcall/local/internal/cloud';
import { createGuardedServer } from '@rollcall/local/internal/server/guard';
import { listen } from '@rollcall/local/internal/server/listen';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import { chromium, type Page } from 'playwright-core';
import { buildConsole } from 'rollcall/internal/console/build';
import { createConsole } from 'rollcall/internal/console/server';
import { percentile } from 'rollcall/internal/percentile';
import { subscribersOf } from 'rollcall/internal/stage/consumers';
import { openStage } from 'rollcall/internal/stage/stage';
import { v7 as newId } from 'uuid';
import { APPLICATION } from '../ops/application.ts';
import { atLeast } from '../ops/demo/options.ts';
import { smsSandbox } from '../ops/sms-sandbox/sandbox.ts';
import app from '../rollcall.config.ts';

// Measures the console during many registrations: the time from an interaction to its paint, and memory growth. One
// machine cannot process so many registrations, so the benchmark only sends the spans of registrations to the embedded
// cloud. All parts from the embedded cloud to the page are real.
const options = new Command('npm run bench:console --')
  .description('Measures the console under load, in Chromium.')
  .option('--rate <n>', 'registrations per second', atLeast(1), 200)
  .option('--members <n>', 'number of registrations before the measurement', atLeast(0), 10_000)
  .option('--minutes <n>', 'duration of the measurement in minutes', atLeast(1), 10)
  .option('--chromium <file>', 'executable of Chromium', '/usr/bin/chromium')
  .option('--json', 'print only one JSON object')
  .parse()
  .opts<{ rate: number; members: number; minutes: number; chromium: string; json?: boolean }>();

const BATCH_MS = 100;
const SAMPLE_MS = 15_000;
const PAGES = ['Members', 'Parked', 'Switches', 'Load', 'Faults', 'Flow'];
const MEGABYTE = 1024 ** 2;

interface SpanTemplate {
  service: string;
  fn: string;
  name: string;
  kind: number;
  ms: number;
  parent?: number;
  attributes?: Record<string, string | number | boolean>;
}

/** The spans of one registration (`docs/observability.md`). */
const spansFor = (subscribers: readonly string[]): SpanTemplate[] => [
  {
    service: 'registration',
    fn: 'registration-register',
    name: 'POST /v1/members',
    kind: 2,
    ms: 40,
    attributes: { 'http.response.status_code': 201, 'http.route': '/v1/members', 'rollcall.created': true },
  },
  ...[1, 2].map(
    (major): SpanTemplate => ({
      service: 'relay',
      fn: 'registration-outbox-relay',
      name: 'publish member-events',
      kind: 4,
      ms: 12,
      parent: 0,
      attributes: {
        'messaging.destination.name': 'rollcall-dev-member-events.fifo',
        'cloudevents.event_type': `rollcall.member.registered.v${major}`,
      },
    }),
  ),
  ...subscribers.flatMap((service, index): SpanTemplate[] => [
    {
      service,
      fn: `${service}-consume`,
      name: 'process rollcall.member.registered.v1',
      kind: 5,
      ms: 30,
      parent: 0,
      attributes: {
        'cloudevents.event_type': 'rollcall.member.registered.v1',
        'rollcall.receives': 1,
        'rollcall.outcome': 'applied',
        'rollcall.lag_ms': 80 + 10 * index,
      },
    },
    {
      service,
      fn: `${service}-consume`,
      name: 'send registration-replies',
      kind: 4,
      ms: 8,
      parent: 3 + 3 * index,
      attributes: {
        'messaging.destination.name': 'rollcall-dev-registration-replies',
        'cloudevents.event_type': 'rollcall.onboarding.step-completed.v1',
      },
    },
    {
      service: 'registration-replies',
      fn: 'registration-replies-consume',
      name: 'process rollcall.onboarding.step-completed.v1',
      kind: 5,
      ms: 9,
      parent: 3 + 3 * index,
      attributes: {
        'cloudevents.event_type': 'rollcall.onboarding.step-completed.v1',
        'rollcall.receives': 1,
        'rollcall.outcome': 'applied',
        'rollcall.lag_ms': 60,
      },
    },
  ]),
  {
    service: 'sms',
    fn: 'sms-consume',
    name: 'call sms-http',
    kind: 3,
    ms: 10,
    parent: 3 + 3 * subscribers.indexOf('sms'),
  },
];

const value = (one: string | number | boolean) =>
  typeof one === 'string' ? { stringValue: one } : typeof one === 'boolean' ? { boolValue: one } : { intValue: one };
const attributesOf = (all: Record<string, string | number | boolean>) =>
  Object.entries(all).map(([key, one]) => ({ key, value: value(one) }));

function registration(spans: readonly SpanTemplate[], now: number): object[] {
  const member = newId();
  const traceId = randomBytes(16).toString('hex');
  const ids = spans.map(() => randomBytes(8).toString('hex'));
  return spans.map(({ service, fn, name, kind, ms, parent, attributes = {} }, index) => ({
    resource: { attributes: attributesOf({ 'service.name': service, 'faas.name': `rollcall-dev-${fn}` }) },
    scopeSpans: [
      {
        spans: [
          {
            traceId,
            spanId: ids[index],
            ...(parent !== undefined && { parentSpanId: ids[parent] }),
            name,
            kind,
            startTimeUnixNano: `${now + 20 * index}000000`,
            endTimeUnixNano: `${now + 20 * index + ms}000000`,
            attributes: attributesOf({
              'rollcall.aggregate': member,
              'messaging.message.id': `${member}/${index}`,
              ...attributes,
            }),
            status: {},
          },
        ],
      },
    ],
  }));
}

/**
 * Sends the spans of registrations at a constant rate until the signal is aborted.
 * @returns the number of registrations
 */
async function register(endpointUrl: string, perSecond: number, signal: AbortSignal): Promise<number> {
  const stage = openStage({ app: APPLICATION, name: 'dev', endpoint: endpointUrl });
  const spans = spansFor(subscribersOf(await stage.consumers()));
  let sent = 0;
  for (let start = performance.now(), batch = 1; !signal.aborted; batch++) {
    const due = Math.round((batch * BATCH_MS * perSecond) / 1000) - sent;
    const resourceSpans = Array.from({ length: due }, () => registration(spans, Date.now())).flat();
    await fetch(`${endpointUrl}/v1/traces`, { method: 'POST', body: JSON.stringify({ resourceSpans }) });
    sent += due;
    await delay(Math.max(0, start + batch * BATCH_MS - performance.now()), undefined, { signal }).catch(() => {});
  }
  return sent;
}

/** Collects the milliseconds from each click to its paint. The browser reports only times of at least 16 ms. */
const INTERACTIONS = `
  window.interactions = [];
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) if (interactionId) window.interactions.push(duration);
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
`;

async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / MEGABYTE;
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
const stopping = new AbortController();
const cloud = await startCloud({ assembly: await synthesize(join(folder, 'dev')), beside: [smsSandbox()] });
const operatorConsole = await createConsole({
  app,
  stage: openStage({ app: APPLICATION, name: 'dev', endpoint: cloud.endpointUrl }),
  page: buildConsole(),
});
const server = createGuardedServer((request, response) => void operatorConsole.serve(request, response));
const url = await listen(server, 0, 'the console');
const browser = await chromium.launch({
  executablePath: options.chromium,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  await buildConsole();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(INTERACTIONS);
  await page.goto(`${url}/`);
  await page.getByRole('heading', { name: 'Flow' }).waitFor();
  const registering = register(cloud.endpointUrl, options.rate, stopping.signal);
  await delay((options.members / options.rate) * 1000);
  await page.evaluate('window.interactions.length = 0');

  const pageMb: number[] = [];
  const serverMb: number[] = [];
  const end = Date.now() + options.minutes * 60_000;
  let clicks = 0;
  for (let sampledAt = 0; Date.now() < end; clicks++) {
    const name = PAGES[clicks % PAGES.length] ?? '';
    await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
    await delay(1_000);
    if (Date.now() - sampledAt < SAMPLE_MS) continue;
    sampledAt = Date.now();
    pageMb.push(await heapMb(page));
    serverMb.push(process.memoryUsage().rss / MEGABYTE);
    if (!options.json)
      console.error(
        `${pageMb.length}: page ${pageMb.at(-1)?.toFixed(1)} MB, process ${serverMb.at(-1)?.toFixed(0)} MB`,
      );
  }
  const interactions = (await page.evaluate('window.interactions')) as number[];
  stopping.abort();
  const round = (number: number) => Math.round(number * 10) / 10;
  const half = Math.ceil(pageMb.length / 2);
  const memory = (all: number[]) => ({
    firstHalfMedianMb: round(percentile(all.slice(0, half), 0.5)),
    secondHalfMedianMb: round(percentile(all.slice(half), 0.5)),
  });
  const result = {
    registrations: await registering,
    minutes: options.minutes,
    clicks,
    interactionMs: {
      p50: percentile(interactions, 0.5),
      p99: percentile(interactions, 0.99),
      longest: Math.max(...interactions),
    },
    page: memory(pageMb),
    process: memory(serverMb),
  };
  console.log(JSON.stringify(result, null, 2));
} finally {
  stopping.abort();
  await browser.close();
  await operatorConsole.stop();
  server.close();
  server.closeAllConnections();
  await cloud.stop();
  rmSync(folder, { recursive: true, force: true });
}
