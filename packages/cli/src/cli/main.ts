#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { readApp } from '@rollcall/local/internal/app';
import pc from 'picocolors';
import { OperatorError } from '../stage/errors.ts';
import { UsageError } from './command.ts';
import { withCommandNames } from './command-names.ts';
import { createProgram, USAGE } from './program.ts';

try {
  await createProgram(await readApp(process.cwd())).parseAsync();
} catch (error) {
  const { name, message } = error as Error;
  // An embedded cloud's error class may come from another copy of the package, so the name of the class is compared.
  const isExpected = error instanceof OperatorError || name === 'CloudError';
  console.error(pc.red(withCommandNames(isExpected ? message : `${name}: ${message}`)));
  process.exitCode = error instanceof UsageError ? USAGE : 1;
}
