import { join } from 'node:path';
import { buildPackages, ROOT } from './build.ts';
import { differingReports } from './reports.ts';

// Below the project, so that types of other packages are found.
const packages = buildPackages(join(ROOT, 'dist/packages'));
for (const [name, folder] of packages) console.log(`${name}: npm pack ${folder}`);
for (const report of differingReports(packages.values(), true)) console.log(`changed: ${report}`);
