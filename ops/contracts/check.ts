import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { type Contracts, changesOf } from './compatibility.ts';
import { documents, FOLDER, ROOT } from './documents.ts';
import { type Change, type Severity, worst } from './schema-changes.ts';

const RELEASED = join(ROOT, FOLDER, 'released');

const { json } = new Command('npm run contracts:check --')
  .description(
    'Compares the contracts with the last released ones, and fails on a breaking change without a new major.',
  )
  .option('--json', 'print one JSON object')
  .parse()
  .opts<{ json?: boolean }>();

const parsed = (text: string) => JSON.parse(text);

/** @param read the text of a document, by its name in docs/api */
function contractsFrom(read: (name: string) => string, messages: readonly string[]): Contracts {
  return {
    openApi: parsed(read('openapi.json')),
    asyncApi: parsed(read('asyncapi.json')),
    messages: Object.fromEntries(
      messages.map((file) => [basename(file, '.json'), parsed(read(`messages/${basename(file)}`))]),
    ),
  };
}

const today = documents();
const own = contractsFrom(
  (name) => today.get(`${FOLDER}/${name}`) ?? '',
  [...today.keys()].filter((path) => path.startsWith(`${FOLDER}/messages/`)),
);
const released = contractsFrom(
  (name) => readFileSync(join(RELEASED, name), 'utf8'),
  readdirSync(join(RELEASED, 'messages')),
);

const versionOf = ({ openApi }: Contracts) => (openApi as unknown as { info: { version: string } }).info.version;
const [before, after] = [versionOf(released), versionOf(own)];
const changes = changesOf(released, own);
const severity = worst(changes.map((change) => change.severity));
const isNewMajor = Number(after.split('.')[0]) > Number(before.split('.')[0]);
// A message has its major version in its type: what changes under the same type breaks whoever reads that.
const inPlace = changes.some(
  (change) => change.severity === 'major' && /^rollcall\..*\.v\d+/.test(change.where) && change.what !== 'is gone',
);
const breaks = severity === 'major' && (inPlace || !isNewMajor);

const COLOR: Record<Severity, (text: string) => string> = { patch: pc.dim, minor: pc.cyan, major: pc.red };
const line = ({ severity: kind, where, what }: Change) => `${COLOR[kind](kind.padEnd(5))}  ${where}: ${what}`;

if (json) console.log(JSON.stringify({ released: before, today: after, severity: severity ?? null, breaks, changes }));
else {
  for (const change of changes) console.log(line(change));
  console.log(
    severity === undefined
      ? `Nothing changed since ${before}.`
      : `${changes.length} changes since ${before}: a ${severity} version.`,
  );
  if (breaks) {
    console.log(pc.red(`A breaking change needs a new major version beside the old one; package.json says ${after}.`));
  }
}
process.exitCode = breaks ? 1 : 0;
