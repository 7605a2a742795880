import type { LambdaFunction } from '../lambda/function.ts';
import type { Runtime } from './runtime.ts';

/** The function with an ARN or a name. */
export function functionOf({ functions }: Runtime, arnOrName: string): LambdaFunction {
  const name = arnOrName.split(':function:').at(-1) ?? '';
  const fn = functions.get(name);
  if (!fn) throw new Error(`there is no function ${arnOrName}`);
  return fn;
}
