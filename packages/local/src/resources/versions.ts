import type { ResourceProvider } from '../template/resource.ts';
import { functionOf } from './function-of.ts';
import type { Runtime } from './runtime.ts';

const isNumber = (text: string) => /^\d+$/.test(text);

/** AWS::Lambda::Version. The code of earlier deployments is not kept, so each deployment starts at version 1 again. */
export const versions =
  (runtime: Runtime): ResourceProvider =>
  async ({ properties }) => {
    const { qualifiers, settings } = functionOf(runtime, String(properties.FunctionName));
    const Version = String([...qualifiers.keys()].filter(isNumber).length + 1);
    qualifiers.set(Version, Version);
    const FunctionArn = `${settings.arn}:${Version}`;
    return { ref: FunctionArn, attributes: { Version, FunctionArn } };
  };

/** AWS::Lambda::Alias for a single version (https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html). */
export const aliasesOfFunctions =
  (runtime: Runtime): ResourceProvider =>
  async ({ properties }) => {
    const { FunctionName = '', FunctionVersion = '', Name = '' } = properties as Record<string, string>;
    const { qualifiers, settings } = functionOf(runtime, FunctionName);
    if (!/^[\w-]+$/.test(Name) || isNumber(Name)) throw new Error(`an alias cannot be called ${Name}`);
    if (qualifiers.has(Name)) throw new Error(`${settings.name} has two aliases ${Name}`);
    if (qualifiers.get(FunctionVersion) !== FunctionVersion)
      throw new Error(`${settings.name} has no version ${FunctionVersion}`);
    qualifiers.set(Name, FunctionVersion);
    const AliasArn = `${settings.arn}:${Name}`;
    return { ref: AliasArn, attributes: { AliasArn } };
  };
