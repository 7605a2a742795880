import { CloudError } from '@rollcall/local/errors/cloud-error';
import pc from 'picocolors';
import { OperatorError } from '../stage/stage.ts';
import { UsageError } from './command.ts';
import { called } from './name.ts';
import { program, USAGE } from './program.ts';

try {
  await program.parseAsync();
} catch (error) {
  const { name, message } = error as Error;
  const isExpected = error instanceof OperatorError || error instanceof CloudError;
  console.error(pc.red(called(isExpected ? message : `${name}: ${message}`)));
  process.exitCode = error instanceof UsageError ? USAGE : 1;
}
