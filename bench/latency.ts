import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startCloud } from '@rollcall/local/internal/cloud';
import type { Span } from '@rollcall/local/internal/observability/otlp';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import { printTable } from 'rollcall/internal/cli/output';
import { percentile } from 'rollcall/internal/percentile';
import { atLeast } from '../ops/demo/options.ts';
import { EVERY_MEMBER } from '../ops/every-member.ts';
import { smsSandbox } from '../ops/sms-sandbox/sandbox.ts';

// Registers one member at a time. Measures the time from the response 201 to each effect, and the parts of this time.
const { members, json } = new Command('npm run bench:latency --')
  .description(
    'Measures the time from the response 201 to each effect at low load, from the spans of the registration.',
  )
  .option('--members <n>', 'number of registrations, one after the other', atLeast(5), 40)
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ members: number; json?: boolean }>();

const SERVICES = ['sms', 'points', 'guide'];
const CHECK_INTERVAL_MS = 25;
const TIMEOUT_MS = 30_000;
/** The number of registrations before the measurement, which warm up instances and connections. */
const WARM_UP = 5;

const endOf = ({ startMs, durationMs }: Span) => startMs + durationMs;

/** The milliseconds of each part, by the name of the part. Undefined while a span is missing. */
function partsOf(spans: readonly Span[]): Record<string, number> | undefined {
  const request = spans.find(({ name }) => name === 'POST /v1/members');
  const published = spans.filter(({ name }) => name === 'publish member-events');
  const handled = SERVICES.map((service) =>
    spans.find((span) => span.service === service && span.name.startsWith('process ')),
  );
  const replies = spans.filter(({ name }) => name.startsWith('process rollcall.onboarding.'));
  const [publish] = published;
  if (!request || !publish || replies.length < SERVICES.length) return undefined;
  const parts: Record<string, number> = {
    '201 to publication: stream and relay': publish.startMs - endOf(request),
    'publication: the call to the topic': publish.durationMs,
  };
  for (const [index, service] of SERVICES.entries()) {
    const handler = handled[index];
    if (!handler) return undefined;
    parts[`${service}: topic and queue`] = handler.startMs - endOf(publish);
    parts[`${service}: handler`] = handler.durationMs;
    parts[`${service}: 201 to effect`] = endOf(handler) - endOf(request);
  }
  parts['201 to the last reply'] = Math.max(...replies.slice(0, SERVICES.length).map(endOf)) - endOf(request);
  return parts;
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
const cloud = await startCloud({ assembly: await synthesize(join(folder, 'dev')), beside: [smsSandbox()] });
try {
  const headers = {
    authorization: `Bearer ${await cloud.issuer.token(EVERY_MEMBER)}`,
    'content-type': 'application/json',
  };
  const post = async (path: string, body: object, more: Record<string, string> = {}) => {
    const request = { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(body) };
    const response = await fetch(`${cloud.apiUrl}${path}`, request);
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string };
  };
  async function waitForParts(aggregate: string): Promise<Record<string, number>> {
    for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline; await delay(CHECK_INTERVAL_MS)) {
      const found = await fetch(`${cloud.endpointUrl}/_rollcall/traces?${new URLSearchParams({ aggregate })}`);
      const parts = partsOf((await found.json()) as Span[]);
      if (parts) return parts;
    }
    throw new Error(`${aggregate}: effects or replies are missing in its trace after ${TIMEOUT_MS / 1000} s`);
  }

  const all: Record<string, number[]> = {};
  for (let index = 0; index < WARM_UP + members; index++) {
    const phone = `+346${String(20_000_000 + index)}`;
    const { id } = await post('/v1/members', { phone, name: 'Ana', locale: 'es' });
    const parts = await waitForParts(id);
    const begun = performance.now();
    await post(`/v1/members/${id}/redemptions`, { points: 10 }, { prefer: 'wait=15' });
    parts['a redemption that the caller waits for'] = performance.now() - begun;
    if (index < WARM_UP) continue;
    for (const [part, ms] of Object.entries(parts)) all[part] = [...(all[part] ?? []), ms];
  }
  const rows = Object.entries(all).map(([part, times]) => ({
    part,
    p50: Math.round(percentile(times, 0.5)),
    p99: Math.round(percentile(times, 0.99)),
  }));
  if (json) console.log(JSON.stringify({ members, ms: rows }));
  else printTable(rows);
} finally {
  await cloud.stop();
  rmSync(folder, { recursive: true });
}
