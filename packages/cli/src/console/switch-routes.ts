import * as z from 'zod';
import type { StageClient } from '../stage/stage.ts';
import {
  capabilitiesOf,
  modeNamed,
  modesOfProfile,
  type Profiles,
  switchesOf,
  switchHistory,
  switchTo,
} from '../stage/switches.ts';
import type { Switches } from './api.ts';
import { type ConsoleRequest, parseBody, type RouteHandler } from './console-request.ts';
import { ConsoleProblem } from './problem.ts';

const HISTORY = 50;
/** The maximum duration of a switch: 31 days. A switch without a duration applies until it is changed. */
const MAX_SWITCH_S = 31 * 86_400;

const switchRequest = z.strictObject({
  capability: z.string().optional(),
  profile: z.string().optional(),
  mode: z.string().optional(),
  why: z.string().trim().min(1),
  forSeconds: z.int().positive().max(MAX_SWITCH_S).optional(),
});

/** Routes that read and change switches. */
export function switchRoutes(stage: StageClient, profiles: Profiles): Record<string, RouteHandler> {
  async function switches(): Promise<Switches> {
    const [now, history] = await Promise.all([switchesOf(stage, new Date()), switchHistory(stage, HISTORY)]);
    return { switches: now, history };
  }

  async function change({ body }: ConsoleRequest): Promise<Switches> {
    const { capability, profile, mode = '', why, forSeconds } = parseBody(switchRequest, body);
    if ((capability === undefined) === (profile === undefined))
      throw new ConsoleProblem(422, {
        en: 'Name either a capability or a profile.',
        zh: '请指定一项功能或一个预案，不能同时指定两者。',
      });
    const modes =
      capability === undefined
        ? modesOfProfile(profiles, profile ?? '')
        : [[capability, modeNamed(await capabilitiesOf(stage), capability, mode)] as const];
    await switchTo(stage, modes, { why, ...(forSeconds !== undefined && { forMs: forSeconds * 1000 }) });
    return switches();
  }

  return { 'GET switches': switches, 'POST switches': change };
}
