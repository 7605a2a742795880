import type { LambdaFunction } from '../lambda/function.ts';
import { parseFunctionName } from '../lambda/function-names.ts';
import type { Runtime } from './runtime.ts';

/**
 * The function with an ARN or a name.
 * @throws {Error} if there is no such function, version or alias
 */
export function functionOf({ functions }: Runtime, arnOrName: string): LambdaFunction {
  const { functionName, qualifier = '$LATEST' } = parseFunctionName(arnOrName);
  const fn = functions.get(functionName);
  if (!fn) throw new Error(`there is no function ${arnOrName}`);
  if (fn.qualifiers.has(qualifier)) return fn;
  throw new Error(
    `${functionName} has no version or alias ${qualifier}; it has ${[...fn.qualifiers.keys()].join(', ')}`,
  );
}

/** The ARN to which permissions apply: that of the function, or of its version or alias if a qualifier is given. */
export function qualifiedArn(runtime: Runtime, arnOrName: string): string {
  const { arn } = functionOf(runtime, arnOrName).settings;
  const { qualifier } = parseFunctionName(arnOrName);
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}
