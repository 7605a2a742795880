import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import type { Stage } from '../../infra/stages.ts';
import type { DeployedStack } from './account.ts';

export interface Finding {
  /** What was looked at. */
  check: string;
  /** `missing`: the deployment would fail, or nobody could use it. `beware`: it works, and not as the settings say. */
  state: 'good' | 'beware' | 'missing' | 'unknown';
  says: string;
  /** How it is mended: a command, if there is one. */
  mend?: string;
}

export interface Plan {
  stage: Stage;
  planned: readonly AssembledStack[];
  /** As `--parameters STACK:Name=Value` gives them. */
  parameters: Readonly<Record<string, Record<string, string>>>;
  /** Whether what has a name that is asked for is taken over, as `--import-existing-resources` says. */
  takesOver: boolean;
}

/** Of stacks that are there and hold what their templates say. */
export type Deployed = ReadonlyMap<string, DeployedStack | undefined>;

export const good = (check: string, says: string): Finding => ({ check, state: 'good', says });

/** @returns what a parameter has, or what it keeps from the deployment before */
export const parameterIn = ({ parameters }: Plan, deployed: Deployed, stack: string, name: string) =>
  parameters[stack]?.[name] ?? deployed.get(stack)?.parameters[name];
