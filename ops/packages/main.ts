import { join } from 'node:path';
import { buildPackages, ROOT } from './build.ts';
import { surfaceFindings } from './reports.ts';
import { readSurface } from './surface.ts';

// The folder is inside the project, so that the compiler finds the types of other packages.
const packages = buildPackages(join(ROOT, 'dist/packages'));
for (const [name, folder] of packages) console.log(`${name}: npm pack ${folder}`);
for (const finding of surfaceFindings(packages.values(), true)) console.log(finding);

const counted = readSurface().filter(({ entry }) => !['kit/contracts', 'kit/testing'].includes(entry));
for (const [tag, names] of Map.groupBy(counted, ({ tag }) => tag))
  console.log(`${names.length} names are @${tag}, not counting kit/contracts and kit/testing`);
