import { Command } from 'commander';
import pc from 'picocolors';
import { staleDocuments } from './documents.ts';
import { compareWithReleased } from './released.ts';
import type { Change, Severity } from './schema-changes.ts';

const { json } = new Command('npm run contracts:check --')
  .description(
    'Compares the contracts with the last released ones. Fails if there is a breaking change without a new major version, or if a generated document is outdated.',
  )
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ json?: boolean }>();

const stale = staleDocuments();
const { before, after, changes, severity, breaks } = compareWithReleased();

const COLOR: Record<Severity, (text: string) => string> = { patch: pc.dim, minor: pc.cyan, major: pc.red };
const line = ({ severity: kind, where, what }: Change) => `${COLOR[kind](kind.padEnd(5))}  ${where}: ${what}`;

if (json)
  console.log(JSON.stringify({ released: before, today: after, severity: severity ?? null, breaks, stale, changes }));
else {
  for (const change of changes) console.log(line(change));
  console.log(
    severity === undefined
      ? `Nothing changed since ${before}.`
      : `${changes.length} changes since ${before}: a ${severity} version.`,
  );
  if (breaks) {
    console.log(
      pc.red(
        `A breaking change of a message type needs a new type beside the old one, such as v2 beside v1. Any other breaking change needs a new major version in package.json, which contains ${after}.`,
      ),
    );
  }
  for (const path of stale) console.log(pc.red(`${path} is outdated. To write it: npm run contracts`));
}
process.exitCode = breaks || stale.length > 0 ? 1 : 0;
