import { staleDocuments } from '../contracts/documents.ts';
import { compareWithReleased } from '../contracts/released.ts';

/** Returns the errors in the contracts of a version to be released. */
export function contractFindings(): string[] {
  const { before, after, changes, breaks } = compareWithReleased();
  const findings = staleDocuments().map((path) => `${path} is outdated. To write it: npm run contracts`);
  if (breaks)
    findings.push('The contracts break clients of the released contracts. To see the changes: npm run contracts:check');
  if (before === after && changes.length > 0)
    findings.push(
      `The contracts have changed since the release of ${before}. To see the changes: npm run contracts:check`,
    );
  return findings;
}

/** Returns the errors in the contracts that were released with a tag. */
export function releasedContractFindings(version: string): string[] {
  const { before, changes } = compareWithReleased();
  if (before === version && changes.length === 0) return contractFindings();
  return [
    `docs/api/released contains the contracts of ${before}, not those of this commit. npm run release stores this commit's contracts and creates the tag.`,
  ];
}
