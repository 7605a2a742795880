import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Contracts, changesOf } from './compatibility.ts';
import { documents, FOLDER, ROOT } from './documents.ts';
import { worst } from './schema-changes.ts';

export const RELEASED = join(ROOT, FOLDER, 'released');

const parsed = (text: string) => JSON.parse(text);

/** @param read returns the text of a document, by its name in docs/api */
function contractsFrom(read: (name: string) => string, messages: readonly string[]): Contracts {
  return {
    openApi: parsed(read('openapi.json')),
    asyncApi: parsed(read('asyncapi.json')),
    messages: Object.fromEntries(
      messages.map((file) => [basename(file, '.json'), parsed(read(`messages/${basename(file)}`))]),
    ),
  };
}

const versionOf = ({ openApi }: Contracts) => (openApi as unknown as { info: { version: string } }).info.version;

/** Compares the current contracts with the released ones. */
export function compareWithReleased() {
  const today = documents();
  const current = contractsFrom(
    (name) => today.get(`${FOLDER}/${name}`) ?? '',
    [...today.keys()].filter((path) => path.startsWith(`${FOLDER}/messages/`)),
  );
  const released = contractsFrom(
    (name) => readFileSync(join(RELEASED, name), 'utf8'),
    readdirSync(join(RELEASED, 'messages')),
  );
  const [before, after] = [versionOf(released), versionOf(current)];
  const changes = changesOf(released, current);
  const severity = worst(changes.map((change) => change.severity));
  const isNewMajor = Number(after.split('.')[0]) > Number(before.split('.')[0]);
  // A message type contains its own major version. Therefore, a breaking change that keeps the type breaks the readers
  // of the message, even if the contracts get a new major version.
  const inPlace = changes.some(
    ({ severity: kind, where }) => kind === 'major' && /^rollcall\..*\.v\d+[.[]/.test(where),
  );
  return { before, after, changes, severity, breaks: severity === 'major' && (inPlace || !isNewMajor) };
}
