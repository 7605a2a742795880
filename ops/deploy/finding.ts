import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import type { Stage } from '../../infra/stages.ts';
import type { DeployedStack } from './account.ts';

export interface Finding {
  /** The subject of the check. */
  check: string;
  /**
   * `missing`: nothing is deployed, because the deployment would fail, be unusable, or replace or delete data.
   * `beware`: the deployment would succeed, but the stage would not work as its settings require. `unknown`: the check
   * was not possible.
   */
  state: 'good' | 'beware' | 'missing' | 'unknown';
  says: string;
  /** The remedy: a command, a URL or an instruction. */
  mend?: string;
}

export interface Plan {
  stage: Stage;
  planned: readonly AssembledStack[];
  /** Values by stack and parameter name, from `--parameters STACK:Name=Value`. */
  parameters: Readonly<Record<string, Record<string, string>>>;
  /** Whether existing resources with the same names are imported, by `--import-existing-resources`. */
  importsExisting: boolean;
}

/** The deployed stacks by name. Undefined if a stack does not exist. */
export type Deployed = ReadonlyMap<string, DeployedStack | undefined>;

export const good = (check: string, says: string): Finding => ({ check, state: 'good', says });

/** @returns the given value of a parameter, or the value from the previous deployment; undefined if there is neither */
export const parameterIn = ({ parameters }: Plan, deployed: Deployed, stack: string, name: string) =>
  parameters[stack]?.[name] ?? deployed.get(stack)?.parameters[name];
