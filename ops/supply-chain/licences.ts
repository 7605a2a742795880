import satisfies from 'spdx-satisfies';
import type { LockedPackage } from './lock-file.ts';

/** SPDX identifiers of the licences that deployed packages may have. These licences require at most a notice. */
const DEPLOYED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];

/** Licences that tools may have. Tools are not distributed, so their licences may restrict changes or distribution. */
const TOOLS = [
  ...DEPLOYED,
  'Artistic-2.0',
  'BlueOak-1.0.0',
  'CC-BY-3.0',
  'CC0-1.0',
  'MPL-2.0',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
];

/**
 * Licences that are not in the lock file: `format` states its own in the obsolete field `licenses`, `khroma` in a file.
 */
const STATED: Readonly<Record<string, string>> = { 'format@0.2.2': 'MIT', 'khroma@2.1.0': 'MIT' };

const licenceOf = ({ name, version, license }: LockedPackage) => license ?? STATED[`${name}@${version}`];

export interface Refusal {
  name: string;
  version: string;
  licence: string;
  use: 'deployed' | 'tool';
}

const allows = (allowed: string[], expression: string): boolean => {
  try {
    return satisfies(expression, allowed);
  } catch {
    return false; // Not an SPDX expression: `SEE LICENSE IN …`, `UNLICENSED`, or a custom name.
  }
};

/** Returns the packages whose licence is missing, is not an SPDX expression, or is not allowed for their use. */
export const refusedLicences = (packages: LockedPackage[]): Refusal[] =>
  packages
    .filter((locked) => !allows(locked.deployed ? DEPLOYED : TOOLS, licenceOf(locked) ?? ''))
    .map(({ name, version = '?', license = 'no licence', deployed }) => ({
      name,
      version,
      licence: license,
      use: deployed ? 'deployed' : 'tool',
    }));
