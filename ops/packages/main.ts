import { join } from 'node:path';
import { buildPackages } from './build.ts';

for (const [name, folder] of buildPackages(join(import.meta.dirname, '../../dist/packages'))) {
  console.log(`${name}: npm pack ${folder}`);
}
