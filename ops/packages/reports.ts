import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { ROOT } from './build.ts';

/** The folder of the API reports. It contains one file per entry point. */
const REPORTS = join(ROOT, 'docs/api');
/** Internal modules, which packages of the same version share. They are not public. */
const INTERNAL = './internal/*';

/** The compiler options of an application that installs a package. */
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

/** An entry point of a built package: the name of its report, such as `kit/messaging`, and the file of its types. */
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

/** Errors: an export that is neither `@public` nor `@beta`, and a `@public` export that exposes a `@beta` type. */
const REFUSED = ['ae-missing-release-tag', 'ae-incompatible-release-tags'];

/** Returns the configuration of API Extractor for an entry point of a built package. */
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
        // A complete report shows the release tag of each export, so reports of single tags are not needed.
        reportVariants: ['complete'],
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          ...Object.fromEntries(REFUSED.map((id) => [id, { logLevel: ExtractorLogLevel.Error }])),
          // Types that a signature uses but that cannot be imported are listed in the report, so that new ones are
          // noticed.
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
 * Compares the public surface of built packages with the API reports.
 * @param folders of built packages
 * @param write whether to write the reports that differ
 * @returns differences and errors; empty if there are none
 */
export function surfaceFindings(folders: Iterable<string>, write: boolean): string[] {
  return [...folders].flatMap((folder) => {
    const entries = entriesOf(folder).map((entry) => ({ ...entry, config: configOf(folder, entry) }));
    const [first] = entries;
    if (!first) return [];
    // All entry points of a package use one compiler program, because they share most files.
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
