import { CloudError } from '../errors/cloud-error.ts';

/** The account and region of stacks, as far as the app defines them. */
export interface Environment {
  account?: string;
  region?: string;
}

/**
 * The account and region that all stacks have in common.
 * @param environments such as `aws://unknown-account/eu-west-1`
 * @throws {CloudError} if the stacks have several accounts or regions
 */
export function environmentOf(environments: readonly string[]): Environment {
  const parsed = environments.map((environment) => environment.replace('aws://', '').split('/'));
  const account = commonValue(
    'accounts',
    parsed.map(([account = '']) => account),
  );
  const region = commonValue(
    'regions',
    parsed.map(([, region = '']) => region),
  );
  return { ...(account && { account }), ...(region && { region }) };
}

function commonValue(what: string, all: string[]): string | undefined {
  const known = [...new Set(all.filter((one) => one !== '' && !one.startsWith('unknown-')))];
  if (known.length <= 1) return known[0];
  throw new CloudError(
    `The stacks of this app are for several ${what}: ${known.join(', ')}. The embedded cloud is a single account and region. Make the app create only the stacks for one of these ${what}.`,
  );
}
