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

// The time from the 201 response to each effect of a registration, and its parts; one member at a time.
const { members, json } = new Command('npm run bench:latency --')
  .description('Measures the time from 201 to each effect at low load, by the spans of its trace.')
  .option('--members <n>', 'registrations, one after the other', atLeast(5), 40)
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ members: number; json?: boolean }>();

const SERVICES = ['sms', 'points', 'guide'];
const LOOK_EVERY_MS = 25;
const GIVE_UP_MS = 30_000;
/** Registrations until instances and connections are warm. */
const WARM_UP = 5;

const endOf = ({ startMs, durationMs }: Span) => startMs + durationMs;

/** Milliseconds of each part, by name; undefined while a span is missing. */
function partsOf(spans: readonly Span[]): Record<string, number> | undefined {
  const request = spans.find(({ name }) => name === 'POST /v1/members');
  const published = spans.filter(({ name }) => name === 'publish member-events');
  const handled = SERVICES.map((service) =>
    spans.find((span) => span.service === service && span.name.startsWith('process ')),
  );
  const answers = spans.filter(({ name }) => name.startsWith('process rollcall.onboarding.'));
  const [publish] = published;
  if (!request || !publish || answers.length < SERVICES.length) return undefined;
  const parts: Record<string, number> = {
    '201 to publication: stream and relay': publish.startMs - endOf(request),
    'publication: the call of the topic': publish.durationMs,
  };
  for (const [index, service] of SERVICES.entries()) {
    const handler = handled[index];
    if (!handler) return undefined;
    parts[`${service}: topic and queue`] = handler.startMs - endOf(publish);
    parts[`${service}: handler`] = handler.durationMs;
    parts[`${service}: 201 to effect`] = endOf(handler) - endOf(request);
  }
  parts['201 to the last answer'] = Math.max(...answers.slice(0, SERVICES.length).map(endOf)) - endOf(request);
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
  async function measured(aggregate: string): Promise<Record<string, number>> {
    for (const deadline = Date.now() + GIVE_UP_MS; Date.now() < deadline; await delay(LOOK_EVERY_MS)) {
      const found = await fetch(`${cloud.endpointUrl}/_rollcall/traces?${new URLSearchParams({ aggregate })}`);
      const parts = partsOf((await found.json()) as Span[]);
      if (parts) return parts;
    }
    throw new Error(`${aggregate}: not every effect and answer is in its trace after ${GIVE_UP_MS / 1000} s`);
  }

  const all: Record<string, number[]> = {};
  for (let index = 0; index < WARM_UP + members; index++) {
    const phone = `+346${String(20_000_000 + index)}`;
    const { id } = await post('/v1/members', { phone, name: 'Ana', locale: 'es' });
    const parts = await measured(id);
    const begun = performance.now();
    await post(`/v1/members/${id}/redemptions`, { points: 10 }, { prefer: 'wait=15' });
    parts['a redemption that is waited for'] = performance.now() - begun;
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
