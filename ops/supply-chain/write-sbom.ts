import { writeSbom } from './sbom.ts';

const FILE = 'rollcall.cdx.json';

console.log(`${FILE}: ${writeSbom(FILE)} packages`);
