import { userInfo } from 'node:os';
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import {
  changeSwitches,
  modeOf,
  readSwitches,
  type Switch,
  type SwitchChange,
} from '@rollcall/kit/internal/resilience/switches';
import { v7 as newId } from 'uuid';
import { type Capabilities, capabilitiesIn } from './capabilities.ts';
import { OperatorError } from './errors.ts';
import type { StageClient } from './stage.ts';

/** For each profile, the modes to which it switches capabilities. */
export type Profiles = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The mode of a capability. If an operator set the mode, also the operator's name, the reason and the time. */
export type SwitchView = { capability: string; mode: string } & Partial<Omit<Switch, 'mode'>>;

/** The details of a change: the reason, the operator (default: the current user) and the duration. */
export interface ChangeDetails {
  why: string;
  by?: string | undefined;
  forMs?: number | undefined;
}

const table = (stage: StageClient) => stage.table('switches');

/** The capabilities of the deployed functions. */
export const capabilitiesOf = async (stage: StageClient): Promise<Capabilities> =>
  capabilitiesIn(await stage.templates());

export async function switchesOf(stage: StageClient, now: Date): Promise<SwitchView[]> {
  const capabilities = await capabilitiesOf(stage);
  const switches = await stage.ask(() => readSwitches(stage.dynamodb, table(stage)));
  return Object.keys(capabilities).map((capability) => {
    const switched = switches.get(capability);
    const mode = modeOf(switched, now);
    return { capability, ...(switched && mode === switched.mode ? switched : { mode }) };
  });
}

/** @throws {OperatorError} if the capability or the mode does not exist; the message lists the valid values */
export function modeNamed(capabilities: Capabilities, capability: string, mode: string): string {
  const modes = capabilities[capability];
  if (!modes) {
    const known = Object.keys(capabilities).join(', ') || 'none';
    throw new OperatorError(`There is no capability "${capability}"; there are: ${known}.`);
  }
  if (mode === 'on' || modes.includes(mode)) return mode;
  throw new OperatorError(`${capability} cannot be switched to "${mode}", only to: ${['on', ...modes].join(', ')}.`);
}

/** @throws {OperatorError} if there is no such profile; the message lists the profiles */
export function modesOfProfile(profiles: Profiles, name: string): Array<[capability: string, mode: string]> {
  const modes = profiles[name];
  if (modes) return Object.entries(modes);
  throw new OperatorError(`There is no profile "${name}"; there are: ${Object.keys(profiles).join(', ') || 'none'}.`);
}

/** The name of the current user. In a container, the user may have none. */
function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'unknown';
  }
}

/** Switches all of the given capabilities, or none if the write fails. */
export async function switchTo(
  stage: StageClient,
  modes: ReadonlyArray<readonly [capability: string, mode: string]>,
  { why, by = currentUser(), forMs }: ChangeDetails,
): Promise<SwitchChange[]> {
  const at = new Date();
  const changes = modes.map(([capability, mode]) => ({
    capability,
    mode,
    by,
    why,
    at: at.toISOString(),
    ...(forMs !== undefined && mode !== 'on' && { until: new Date(at.getTime() + forMs).toISOString() }),
  }));
  const ids = changes.map(() => newId());
  await stage.ask(() => changeSwitches(stage.dynamodb, table(stage), changes, ids));
  return changes;
}

/** The history of switches, the latest change first. */
export async function switchHistory(stage: StageClient, limit: number): Promise<SwitchChange[]> {
  return stage.ask(async () => {
    const changes: SwitchChange[] = [];
    const pages = paginateQuery(
      { client: stage.dynamodb },
      {
        TableName: table(stage),
        ScanIndexForward: false,
        Limit: limit,
        KeyConditionExpression: 'pk = :history',
        ExpressionAttributeValues: { ':history': 'history' },
      },
    );
    for await (const { Items = [] } of pages) {
      changes.push(...Items.map(({ pk: _, sk: __, ...rest }) => rest as SwitchChange));
      if (changes.length >= limit) break;
    }
    return changes.slice(0, limit);
  });
}
