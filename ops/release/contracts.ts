import { staleDocuments } from '../contracts/documents.ts';
import { compareWithReleased } from '../contracts/released.ts';

/** Errors in the contracts to be released, one sentence each. */
export function contractFindings(): string[] {
  const { before, after, changes, breaks } = compareWithReleased();
  const findings = staleDocuments().map((path) => `${path} is outdated: npm run contracts.`);
  if (breaks)
    findings.push('The contracts break clients of the released ones: npm run contracts:check lists the changes.');
  if (before === after && changes.length > 0)
    findings.push(`The contracts of ${before} are released, and changed since: npm run contracts:check tells how.`);
  return findings;
}

/** Errors in the contracts that were released with a tag. */
export function releasedContractFindings(version: string): string[] {
  const { before, changes } = compareWithReleased();
  if (before === version && changes.length === 0) return contractFindings();
  return [`docs/api/released has the contracts of ${before}, and not of this commit: npm run release makes the tag.`];
}
