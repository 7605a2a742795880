// The module that an app's rollcall.config.ts imports.

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
 * Creates the action of a command. The action receives the stage that `--app`, `--stage` and `--endpoint` select.
 * @returns a function for `Command.action`. It rejects with an {@link OperatorError} if the stage cannot be determined
 * @public
 */
export const onStage: <Own extends object, Args extends unknown[]>(
  action: StageAction<Own, Args>,
) => (...given: unknown[]) => Promise<void> = onFullStage;
