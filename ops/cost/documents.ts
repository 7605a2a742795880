import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stage } from '../../infra/stages.ts';
import { ceilingsOf, limitsOf, usdPerMonth } from './capacity.ts';
import type { Deployed } from './deployed.ts';
import type { Figures } from './figures.ts';
import { type Idle, idleOf } from './idle.ts';
import prices from './prices.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const BEGIN = '<!-- by npm run cost -- --write -->';
const END = '<!-- end -->';

/** The generated part of a page. */
export const generatedPart = (page: string) => page.split(BEGIN)[1]?.split(END)[0]?.trim() ?? '';

const table = (rows: ReadonlyArray<readonly string[]>) => {
  const [head = [], ...body] = rows;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
};

const usd = (value: number) => value.toFixed(2);
const whole = (value: number) => Math.round(value).toLocaleString('en');

/** Returns the table of docs/costs.md with the monthly cost of an idle stage. */
export function idleCostTable(figures: Figures, stages: { dev: Deployed; prod: Deployed }): string {
  const both = [stages.dev, stages.prod];
  const idle = both.map((deployed) => idleOf(deployed, figures.sweeps));
  const row = (what: string, count: (deployed: Deployed) => number, cost: keyof Idle) => [
    what,
    ...both.map((deployed) => String(count(deployed))),
    ...idle.map((one) => usd(one[cost])),
  ];
  const sums = idle.map((one) => usd(Object.values(one).reduce((all, value) => all + value, 0)));
  return table([
    ['item', 'number in dev', 'number in prod', '$ a month in dev', '$ a month in prod'],
    row('queues that Lambda polls', ({ polled }) => polled.length, 'polling'),
    row('sweeps, which run every minute', ({ sweeps }) => sweeps.length, 'sweeps'),
    row('metrics that alarms use', ({ alarmMetrics }) => alarmMetrics, 'alarms'),
    row('dashboards', ({ dashboards }) => dashboards, 'dashboards'),
    row('secrets', ({ secrets }) => secrets, 'secrets'),
    row('KMS keys', ({ keys }) => keys, 'keys'),
    ['total', '', '', ...sums],
  ]);
}

export const RATES = [100, 1_000, 10_000, 100_000];

/** Returns the tables of docs/capacity.md with limits and costs of registrations. */
export function capacityTables(figures: Figures, stage: Stage, deployed: Deployed): string {
  const limits = ceilingsOf(limitsOf(figures, stage));
  const rows = limits
    .filter(({ registrationsPerSecond }) => registrationsPerSecond < (RATES.at(-1) ?? 0))
    .map(({ what, limit, registrationsPerSecond, needs, raise, source }) => [
      what,
      whole(limit),
      registrationsPerSecond < 10 ? registrationsPerSecond.toFixed(1) : whole(registrationsPerSecond),
      ...RATES.map((rate) => (needs(rate) > limit ? whole(needs(rate)) : '')),
      raise,
      source.startsWith('http') ? `[AWS](${source})` : source,
    ]);
  const idle = idleOf(deployed, figures.sweeps);
  return [
    table([
      [
        'quantity',
        'limit',
        'registrations a second',
        ...RATES.map((rate) => `at ${whole(rate)}`),
        'setting or quota to raise',
        'source',
      ],
      ...rows,
    ]),
    table([
      ['registrations a second', ...RATES.map(whole)],
      ['$ a month', ...RATES.map((rate) => whole(usdPerMonth(rate, figures, idle)))],
    ]),
    `Measured on ${figures.on} in ${figures.members} registrations. A registration used ${figures.perRegistration.writeUnits.toFixed(1)} write units, and a million cost $${usd(figures.perRegistration.usdPerMillion)} at the list prices of ${prices.region}, ${prices.asOf}.`,
  ].join('\n\n');
}

async function replacePart(page: string, part: string): Promise<void> {
  const path = join(root, page);
  const [before = '', rest = ''] = (await readFile(path, 'utf8')).split(BEGIN);
  await writeFile(path, `${before}${BEGIN}\n${part}\n${END}${rest.split(END)[1] ?? ''}`);
}

/** Writes the figures, and the parts of documents that are generated from them. */
export async function write(figures: Figures, stages: { dev: Deployed; prod: Deployed }, prod: Stage): Promise<void> {
  await writeFile(join(import.meta.dirname, 'figures.json'), `${JSON.stringify(figures, null, 2)}\n`);
  await replacePart('docs/costs.md', idleCostTable(figures, stages));
  await replacePart('docs/capacity.md', capacityTables(figures, prod, stages.prod));
}
