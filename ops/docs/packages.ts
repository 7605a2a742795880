import { join } from 'node:path';
import { Application } from 'typedoc';
import { DOCS, GENERATED, ROOT } from '../../docs/.vitepress/pages.ts';

/** The sources of the public entry points that the `package.json` of each package exports. */
const ENTRY_POINTS = [
  'packages/kit/src/*.ts',
  'packages/cdk/src/index.ts',
  'packages/local/src/index.ts',
  'packages/cli/src/app.ts',
];

/** Returns the import name of a module. @param module such as `kit/src/messaging` */
const exportOf = (module: string): string =>
  module === 'cli/src/app' ? 'rollcall/app' : `@rollcall/${module.replace(/\/src(\/index)?/, '')}`;

/**
 * Writes the reference of the packages from their docstrings.
 * @throws {Error} if TypeDoc cannot read the packages, or reports an error
 */
export async function writePackages(): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: ENTRY_POINTS.map((path) => join(ROOT, path)),
    tsconfig: join(ROOT, 'tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: join(DOCS, GENERATED, 'packages') }],
    readme: 'none',
    // `npm run check` already checks types.
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    disableSources: true,
    logLevel: 'Error',
    ...{
      router: 'module',
      hidePageHeader: true,
      hideBreadcrumbs: true,
      sanitizeComments: true,
      entryFileName: 'index',
    },
  });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc cannot read the packages');
  for (const module of project.children ?? []) module.name = exportOf(module.name);
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('TypeDoc found errors in the docstrings of the packages');
}
