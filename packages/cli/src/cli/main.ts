import { readApp } from '@rollcall/local/app';
import { CloudError } from '@rollcall/local/errors/cloud-error';
import pc from 'picocolors';
import { OperatorError } from '../stage/errors.ts';
import { UsageError } from './command.ts';
import { called } from './name.ts';
import { createProgram, USAGE } from './program.ts';

try {
  await createProgram(await readApp(process.cwd())).parseAsync();
} catch (error) {
  const { name, message } = error as Error;
  const isExpected = error instanceof OperatorError || error instanceof CloudError;
  console.error(pc.red(called(isExpected ? message : `${name}: ${message}`)));
  process.exitCode = error instanceof UsageError ? USAGE : 1;
}
