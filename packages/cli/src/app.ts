// What the rollcall.config.ts of an app imports.

import { onStage as onFullStage } from './cli/command.ts';
import type { StageAction } from './operated-stage.ts';

export { Command } from 'commander';
export { type App, defineApp } from './app-definition.ts';
export { confirm } from './cli/confirm.ts';
export { printJson, printTable } from './cli/output.ts';
export type { Stage } from './operated-stage.ts';
export type { Aggregates } from './reconcile/aggregates.ts';
export { OperatorError } from './stage/errors.ts';

/**
 * Makes the action of a command: it is given its stage, by `--app`, `--stage` and `--endpoint` or what the folder says.
 * @returns what `Command.action` takes; it rejects with an {@link OperatorError} if the stage cannot be told
 * @public
 */
export const onStage: <Own extends object, Args extends unknown[]>(
  action: StageAction<Own, Args>,
) => (...given: unknown[]) => Promise<void> = onFullStage;
