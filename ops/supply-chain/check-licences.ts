import pc from 'picocolors';
import { refusedLicences } from './licences.ts';
import { lockedPackages, readLockFile } from './lock-file.ts';

const packages = lockedPackages(readLockFile());
const refused = refusedLicences(packages);

for (const { name, version, licence, use } of refused)
  console.error(`${pc.red(`${name}@${version}`)}  ${licence}  ${use}`);
if (refused.length > 0) {
  console.error(
    'Use another package. If an Apache-2.0 project may use this licence in this way, add it to ' +
      'ops/supply-chain/licences.ts, with the reason in the commit message. `npm explain <package>` shows which packages depend on it.',
  );
  process.exitCode = 1;
} else console.log(`The licences of ${packages.length} packages are allowed.`);
