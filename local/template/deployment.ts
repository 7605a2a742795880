import { CloudError } from '../errors/cloud-error.ts';
import type { AssembledStack, Assembly } from './assembly.ts';

/** What a resource is to the others: the value of `Ref`, and those of `Fn::GetAtt`. */
export interface Deployed {
  ref: string;
  attributes?: Record<string, string>;
}

export interface ResourceInput {
  stack: string;
  logicalId: string;
  type: string;
  /** Intrinsics resolved. */
  properties: Record<string, unknown>;
}

/** Makes a resource, or finds it if it is there already. */
export type ResourceProvider = (resource: ResourceInput) => Promise<Deployed>;

export interface DeploymentOptions {
  region: string;
  accountId: string;
  providers: Record<string, ResourceProvider>;
  /** Types that mean nothing on one machine. */
  ignored: ReadonlySet<string>;
  /** Values of template parameters, by name; others keep their default. */
  parameters: Record<string, string>;
}

/** Deploys every stack. A resource is made when something first refers to it, so the order takes care of itself. */
export async function deploy(assembly: Assembly, options: DeploymentOptions): Promise<void> {
  const exported = new Map<string, () => Promise<unknown>>();
  const stacks = assembly.stacks.map((stack) => createStack(stack, options, exported));
  for (const stack of stacks) await stack.declareExports();
  for (const stack of stacks) await stack.deployAll();
}

function createStack(
  { name: stack, template }: AssembledStack,
  { region, accountId, providers, ignored, parameters }: DeploymentOptions,
  exported: Map<string, () => Promise<unknown>>,
) {
  const deployments = new Map<string, Promise<Deployed>>();
  const pseudo: Record<string, string> = {
    'AWS::Region': region,
    'AWS::AccountId': accountId,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': stack,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stack}/local`,
  };

  function deployed(logicalId: string): Promise<Deployed> {
    let deployment = deployments.get(logicalId);
    if (!deployment) {
      deployment = make(logicalId);
      deployments.set(logicalId, deployment);
    }
    return deployment;
  }

  async function make(logicalId: string): Promise<Deployed> {
    const resource = template.Resources[logicalId];
    if (!resource) throw new CloudError(`${stack}: there is no resource ${logicalId}.`);
    const { Type: type, Properties = {} } = resource;
    if (ignored.has(type)) return { ref: logicalId };
    const provider = providers[type];
    if (!provider) {
      throw new CloudError(
        `${stack}: resource ${logicalId} is of type ${type}, which the embedded cloud does not know. Add a provider in local/resources/.`,
      );
    }
    const properties = (await resolve(Properties)) as Record<string, unknown>;
    try {
      return await provider({ stack, logicalId, type, properties });
    } catch (cause) {
      if (cause instanceof CloudError) throw cause;
      throw new CloudError(`${stack}: ${type} ${logicalId} could not be made: ${(cause as Error).message}`, { cause });
    }
  }

  async function ref(name: string): Promise<unknown> {
    if (name === 'AWS::NoValue') return undefined;
    if (name in pseudo) return pseudo[name];
    const parameter = template.Parameters?.[name];
    if (!parameter) return (await deployed(name)).ref;
    const value = parameters[name] ?? parameter.Default;
    if (value === undefined) throw new CloudError(`${stack}: parameter ${name} has no value.`);
    return value;
  }

  async function attribute(logicalId: string, name: string): Promise<string> {
    if (ignored.has(template.Resources[logicalId]?.Type ?? ''))
      return `arn:aws:local:${region}:${accountId}:${logicalId}`;
    const value = (await deployed(logicalId)).attributes?.[name];
    if (value !== undefined) return value;
    throw new CloudError(`${stack}: the embedded cloud does not know the attribute ${name} of ${logicalId}.`);
  }

  async function substitute(text: string, own: Record<string, unknown>): Promise<string> {
    const parts = await Promise.all(
      text.split(/(\$\{[^}]+\})/).map(async (part) => {
        const name = /^\$\{([^!}][^}]*)\}$/.exec(part)?.[1];
        if (!name) return part.replace(/^\$\{!/, '${');
        if (name in own) return resolve(own[name]);
        const [logicalId = '', ...rest] = name.split('.');
        return rest.length > 0 ? attribute(logicalId, rest.join('.')) : ref(name);
      }),
    );
    return parts.join('');
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
  const intrinsics: Record<string, (argument: never) => Promise<unknown>> = {
    Ref: ref,
    'Fn::GetAtt': async (argument: string | [string, string]) => {
      const [logicalId = '', ...name] = typeof argument === 'string' ? argument.split('.') : argument;
      return attribute(logicalId, name.join('.'));
    },
    'Fn::Join': async ([separator, list]: [string, unknown]) => ((await resolve(list)) as string[]).join(separator),
    'Fn::Sub': async (argument: string | [string, Record<string, unknown>]) =>
      typeof argument === 'string' ? substitute(argument, {}) : substitute(...argument),
    'Fn::Select': async ([index, list]: [unknown, unknown]) => ((await resolve(list)) as unknown[])[Number(index)],
    'Fn::Split': async ([separator, text]: [string, unknown]) => String(await resolve(text)).split(separator),
    'Fn::FindInMap': async (keys: unknown) => {
      const [map, top, second] = (await resolve(keys)) as [string, string, string];
      return template.Mappings?.[map]?.[top]?.[second];
    },
    'Fn::If': async ([condition, yes, no]: [string, unknown, unknown]) =>
      resolve((await resolve(template.Conditions?.[condition])) ? yes : no),
    'Fn::Equals': async (values: unknown) => {
      const [a, b] = (await resolve(values)) as unknown[];
      return a === b;
    },
    'Fn::Not': async ([condition]: [unknown]) => !(await resolve(condition)),
    'Fn::And': async (conditions: unknown[]) => (await Promise.all(conditions.map(resolve))).every(Boolean),
    'Fn::Or': async (conditions: unknown[]) => (await Promise.all(conditions.map(resolve))).some(Boolean),
    Condition: async (name: string) => resolve(template.Conditions?.[name]),
    'Fn::ImportValue': async (argument: unknown) => {
      const name = String(await resolve(argument));
      const value = exported.get(name);
      if (!value) throw new CloudError(`${stack}: imports ${name}, which no stack exports.`);
      return value();
    },
  };

  async function resolve(value: unknown): Promise<unknown> {
    if (Array.isArray(value)) {
      return (await Promise.all(value.map(resolve))).filter((entry) => entry !== undefined);
    }
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value);
    const [only] = entries;
    if (only && entries.length === 1) {
      const [name, argument] = only;
      const intrinsic = intrinsics[name];
      if (intrinsic) return intrinsic(argument as never);
      if (name.startsWith('Fn::')) throw new CloudError(`${stack}: the embedded cloud does not know ${name}.`);
    }
    const resolved = await Promise.all(entries.map(async ([key, entry]) => [key, await resolve(entry)] as const));
    return Object.fromEntries(resolved.filter(([, entry]) => entry !== undefined));
  }

  return {
    async declareExports(): Promise<void> {
      for (const { Value, Export } of Object.values(template.Outputs ?? {})) {
        if (Export) exported.set(String(await resolve(Export.Name)), () => resolve(Value));
      }
    },
    async deployAll(): Promise<void> {
      const wanted = await Promise.all(
        Object.entries(template.Resources).map(async ([logicalId, { Condition }]) =>
          Condition === undefined || (await resolve(template.Conditions?.[Condition])) ? [logicalId] : [],
        ),
      );
      await Promise.all(wanted.flat().map(deployed));
    },
  };
}
