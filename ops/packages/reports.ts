import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { ROOT } from './build.ts';

/** Folder of the API reports, one file per entry point. */
const REPORTS = join(ROOT, 'docs/api');
/** Internal modules that packages of the same version share: not public. */
const INTERNAL = './internal/*';

/** Compiler options of an installing application. */
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

/** The entry points of a built package by the names of their reports, such as `kit/messaging`, with their types. */
function entriesOf(folder: string): Array<{ report: string; types: string }> {
  const { name, exports }: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const short = name.replace(/^@rollcall\//, '');
  return Object.entries(exports)
    .filter(([path, to]) => path !== INTERNAL && to.types)
    .map(([path, { types }]) => ({
      report: path === '.' ? short : `${short}/${path.slice('./'.length)}`,
      types: join(folder, types),
    }));
}

/** Refused: an export that is neither `@public` nor `@beta`, or that is `@public` and exposes a `@beta` type. */
const REFUSED = ['ae-missing-release-tag', 'ae-incompatible-release-tags'];

/**
 * Compares the public surface of built packages with the API reports.
 * @param folders of built packages
 * @param write whether to write the reports instead
 * @returns differences and errors; empty if there are none
 */
export function surfaceFindings(folders: Iterable<string>, write: boolean): string[] {
  return [...folders].flatMap((folder) =>
    entriesOf(folder).flatMap(({ report, types }) => {
      const refused: string[] = [];
      const reportFolder = join(REPORTS, report, '..');
      const reportTempFolder = join(folder, '..', 'reports', report);
      for (const each of [reportFolder, reportTempFolder]) mkdirSync(each, { recursive: true });
      const config = ExtractorConfig.prepare({
        configObject: {
          projectFolder: folder,
          mainEntryPointFilePath: types,
          compiler: { overrideTsconfig: { compilerOptions: COMPILER, files: [types] } },
          apiReport: {
            enabled: true,
            reportFolder,
            reportTempFolder,
            reportFileName: report.split('/').at(-1) as string,
            // The version says whether they are released.
            reportVariants: ['complete'],
          },
          docModel: { enabled: false },
          dtsRollup: { enabled: false },
          tsdocMetadata: { enabled: false },
          messages: {
            extractorMessageReporting: {
              default: { logLevel: ExtractorLogLevel.None },
              ...Object.fromEntries(REFUSED.map((id) => [id, { logLevel: ExtractorLogLevel.Error }])),
              // A type in a signature that cannot be imported: listed in the report, so that new ones are noticed.
              'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
            },
          },
          newlineKind: 'lf',
        },
        configObjectFullPath: undefined,
        packageJsonFullPath: join(folder, 'package.json'),
      });
      const { apiReportChanged } = Extractor.invoke(config, {
        localBuild: write,
        messageCallback: (message) => {
          message.handled = true;
          if (REFUSED.includes(message.messageId)) refused.push(`${report}: ${message.text}`);
        },
      });
      return apiReportChanged ? [...refused, `docs/api/${report}.api.md ${write ? 'is written' : 'differs'}`] : refused;
    }),
  );
}
