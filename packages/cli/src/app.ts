// What the rollcall.config.ts of an app imports.

export { Command } from 'commander';
export { type App, defineApp } from './app-definition.ts';
export { confirm, onStage } from './cli/command.ts';
export { printJson, printTable } from './cli/output.ts';
export { OperatorError } from './stage/errors.ts';
export type { Stage } from './stage/stage.ts';
