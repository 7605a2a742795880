import type { App } from 'aws-cdk-lib';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { prefixOf, type Stage } from './stage.ts';

/** @throws {Error} if a setting names a table or function that the stage does not have */
export function checkSettingNames(app: App, stage: Stage): void {
  const all = app.node.findAll();
  const tables = all.flatMap((one) => (one instanceof CfnGlobalTable ? (one.tableName ?? []) : []));
  const functions = all.flatMap((one) => (one instanceof CfnFunction ? (one.functionName ?? []) : []));
  expectNames(stage, 'warmThroughput', 'table', tables);
  expectNames(stage, 'reservedConcurrency', 'function', functions);
}

function expectNames(
  stage: Stage,
  setting: 'warmThroughput' | 'reservedConcurrency',
  kind: string,
  existing: string[],
): void {
  const existingNames = existing.map((name) => name.slice(prefixOf(stage).length)).sort();
  const unknownNames = Object.keys(stage[setting]).filter((name) => !existingNames.includes(name));
  if (unknownNames.length > 0)
    throw new Error(
      `${setting} of stage "${stage.name}" refers to unknown ${kind}s: ${unknownNames.join(', ')}. There are: ${existingNames.join(', ')}.`,
    );
}
