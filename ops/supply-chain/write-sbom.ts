import { writeFileSync } from 'node:fs';
import project from '../../package.json' with { type: 'json' };
import { lockedPackages, readLockFile } from './lock-file.ts';
import { deployedPart, readSbom } from './sbom.ts';

const FILE = 'rollcall.cdx.json';

const sbom = deployedPart(readSbom(), lockedPackages(readLockFile()), project.name);
writeFileSync(FILE, `${JSON.stringify(sbom, null, 2)}\n`);
console.log(`${FILE}: ${sbom.components.length} packages`);
