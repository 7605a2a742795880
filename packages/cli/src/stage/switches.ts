import { userInfo } from 'node:os';
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import {
  changeSwitches,
  modeOf,
  readSwitches,
  type Switch,
  type SwitchChange,
} from '@rollcall/kit/resilience/switches';
import { v7 as newId } from 'uuid';
import {
  type Capability,
  capabilities,
  type Mode,
  type Profile,
  profiles,
} from '../../../../shared/config/capabilities.ts';
import { OperatorError, type Stage } from './stage.ts';

export const capabilityNames = Object.keys(capabilities) as Capability[];

/** How a capability is switched; by whom and why, unless it is on by itself. */
export type SwitchView = { capability: Capability; mode: string } & Partial<Omit<Switch, 'mode'>>;

/** Why something is switched, by whom (you, if not said), and for how many milliseconds. */
export interface How {
  why: string;
  by?: string | undefined;
  forMs?: number | undefined;
}

const table = (stage: Stage) => stage.table('switches');

export async function switchesOf(stage: Stage, now: Date): Promise<SwitchView[]> {
  const switches = await stage.ask(() => readSwitches(stage.dynamodb, table(stage)));
  return capabilityNames.map((capability) => {
    const switched = switches.get(capability);
    const mode = modeOf(switched, now);
    return { capability, ...(switched && mode === switched.mode ? switched : { mode }) };
  });
}

/** @throws {OperatorError} that names the modes there are */
export function modeNamed(capability: Capability, mode: string): Mode {
  const modes: readonly string[] = ['on', ...capabilities[capability]];
  if (modes.includes(mode)) return mode as Mode;
  throw new OperatorError(`${capability} cannot be switched to "${mode}", but to: ${modes.join(', ')}.`);
}

export const modesOfProfile = (profile: Profile) => Object.entries(profiles[profile]) as Array<[Capability, Mode]>;

/** In a container, a user may have no name. */
function whoami(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? 'unknown';
  }
}

/** Switches capabilities, all or none. */
export async function switchTo(
  stage: Stage,
  modes: ReadonlyArray<readonly [Capability, Mode]>,
  { why, by = whoami(), forMs }: How,
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

/** Who switched what, when and why, the latest first. */
export async function switchHistory(stage: Stage, limit: number): Promise<SwitchChange[]> {
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
