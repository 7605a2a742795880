import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { ROOT } from './build.ts';

/** Where the public surface of each package is written down, an entry point a file. */
const REPORTS = join(ROOT, 'docs/api');
/** What our own packages of the same version use of one another: not for others. */
const INTERNAL = './internal/*';

/** As a program of whoever installs it is checked. */
const COMPILER = {
  target: 'ES2024',
  lib: ['ESNext'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
};

interface Manifest {
  name: string;
  exports: Record<string, { types: string }>;
}

/** An entry point of a built package, by the name of its report, such as `kit/messaging`, and its types. */
interface Entry {
  report: string;
  types: string;
}

function entriesOf(folder: string): Entry[] {
  const { name, exports }: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const short = name.replace(/^@rollcall\//, '');
  return Object.entries(exports)
    .filter(([path, to]) => path !== INTERNAL && to.types)
    .map(([path, { types }]) => ({
      report: path === '.' ? short : `${short}/${path.slice('./'.length)}`,
      types: join(folder, types),
    }));
}

/** What is wrong of an export: it is neither `@public` nor `@beta`, or is `@public` and shows what is `@beta`. */
const REFUSED = ['ae-missing-release-tag', 'ae-incompatible-release-tags'];

/** How an entry point of a built package is looked at. */
function configOf(folder: string, { report, types }: Entry): ExtractorConfig {
  const reportFolder = join(REPORTS, report, '..');
  const reportTempFolder = join(folder, '..', 'reports', report);
  for (const each of [reportFolder, reportTempFolder]) mkdirSync(each, { recursive: true });
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: types,
      compiler: { overrideTsconfig: { compilerOptions: COMPILER, files: [types] } },
      apiReport: {
        enabled: true,
        reportFolder,
        reportTempFolder,
        reportFileName: report.split('/').at(-1) as string,
        // Whether each is released, the version says.
        reportVariants: ['complete'],
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          ...Object.fromEntries(REFUSED.map((id) => [id, { logLevel: ExtractorLogLevel.Error }])),
          // A type that a signature shows and nobody can import: said in the report, so that no further one comes unseen.
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
        },
      },
      newlineKind: 'lf',
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
}

/**
 * Compares the public surface of built packages with what is written down of it.
 * @param folders of built packages
 * @param write whether to write it down instead
 * @returns what differs, and what is wrong with it; nothing, if all is as it should be
 */
export function surfaceFindings(folders: Iterable<string>, write: boolean): string[] {
  return [...folders].flatMap((folder) => {
    const entries = entriesOf(folder).map((entry) => ({ ...entry, config: configOf(folder, entry) }));
    const [first] = entries;
    if (!first) return [];
    // One program for all entry points of a package: most of what it reads they share.
    const compilerState = CompilerState.create(first.config, {
      additionalEntryPoints: entries.map(({ types }) => types),
    });
    return entries.flatMap(({ report, config }) => {
      const refused: string[] = [];
      const { apiReportChanged } = Extractor.invoke(config, {
        compilerState,
        localBuild: write,
        messageCallback: (message) => {
          message.handled = true;
          if (REFUSED.includes(message.messageId)) refused.push(`${report}: ${message.text}`);
        },
      });
      return apiReportChanged ? [...refused, `docs/api/${report}.api.md ${write ? 'is written' : 'differs'}`] : refused;
    });
  });
}
