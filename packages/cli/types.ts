import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

/**
 * Writes the types of `rollcall/app` as one file, `app.d.mts`, because the package contains bundles instead of the
 * sources. The types of the kit and of the embedded cloud are imported, not included.
 * @param outdir folder of the package
 * @throws {Error} if the types cannot be compiled or assembled
 */
export function buildTypes(outdir: string): void {
  const types = join(outdir, 'types');
  const tsc = join(import.meta.dirname, '../../node_modules/typescript-7/bin/tsc');
  const project = join(import.meta.dirname, 'tsconfig.types.json');
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', types], { stdio: 'inherit' });
  const entry = join(types, 'app.d.ts');
  const compilerOptions = {
    module: 'NodeNext',
    target: 'ES2024',
    lib: ['ESNext'],
    types: ['node'],
    skipLibCheck: true,
  };
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: import.meta.dirname,
      mainEntryPointFilePath: entry,
      compiler: { overrideTsconfig: { compilerOptions, files: [entry] } },
      apiReport: { enabled: false },
      docModel: { enabled: false },
      dtsRollup: { enabled: true, untrimmedFilePath: join(outdir, 'app.d.mts') },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } } },
      newlineKind: 'lf',
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(import.meta.dirname, 'package.json'),
  });
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true;
    },
  });
  rmSync(types, { recursive: true });
  if (!succeeded) throw new Error('The types of rollcall/app cannot be assembled.');
}
