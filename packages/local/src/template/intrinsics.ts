import { CloudError } from '../errors/cloud-error.ts';

/** The values to which a template's intrinsic functions can refer. */
export interface Scope {
  stack: string;
  ref(name: string): Promise<unknown>;
  attribute(logicalId: string, name: string): Promise<string>;
  /** Looks up a value in the template's mappings. */
  mapping(map: string, top: string, second: string): unknown;
  condition(name: string): unknown;
  /** Replaces AWS addresses in a composed text with local addresses. */
  localized(text: string): string;
  /** The value that another stack exports under this name. */
  imported(name: string): Promise<unknown>;
}

export type Resolve = (value: unknown) => Promise<unknown>;

type Intrinsics = Record<string, (argument: never) => Promise<unknown>>;

/** @returns a function that resolves a template value with all its intrinsic functions */
export function createResolver(scope: Scope): Resolve {
  const intrinsics: Intrinsics = {
    ...references(scope, resolve),
    ...texts(scope, resolve),
    ...conditions(scope, resolve),
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
      if (name.startsWith('Fn::')) throw new CloudError(`${scope.stack}: the embedded cloud does not support ${name}.`);
    }
    const resolved = await Promise.all(entries.map(async ([key, entry]) => [key, await resolve(entry)] as const));
    return Object.fromEntries(resolved.filter(([, entry]) => entry !== undefined));
  }

  return resolve;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
const references = ({ ref, attribute, mapping, imported, localized }: Scope, resolve: Resolve): Intrinsics => {
  async function substitute(text: string, variables: Record<string, unknown>): Promise<string> {
    const parts = await Promise.all(
      text.split(/(\$\{[^}]+\})/).map(async (part) => {
        const name = /^\$\{([^!}][^}]*)\}$/.exec(part)?.[1];
        if (!name) return part.replace(/^\$\{!/, '${');
        if (name in variables) return resolve(variables[name]);
        const [logicalId = '', ...rest] = name.split('.');
        return rest.length > 0 ? attribute(logicalId, rest.join('.')) : ref(name);
      }),
    );
    return localized(parts.join(''));
  }

  return {
    Ref: ref,
    'Fn::GetAtt': async (argument: string | [string, string]) => {
      const [logicalId = '', ...name] = typeof argument === 'string' ? argument.split('.') : argument;
      return attribute(logicalId, name.join('.'));
    },
    'Fn::Sub': async (argument: string | [string, Record<string, unknown>]) =>
      typeof argument === 'string' ? substitute(argument, {}) : substitute(...argument),
    'Fn::FindInMap': async (keys: unknown) => mapping(...((await resolve(keys)) as [string, string, string])),
    'Fn::ImportValue': async (argument: unknown) => imported(String(await resolve(argument))),
  };
};

const texts = ({ localized }: Scope, resolve: Resolve): Intrinsics => ({
  'Fn::Join': async ([separator, list]: [string, unknown]) =>
    localized(((await resolve(list)) as string[]).join(separator)),
  'Fn::Select': async ([index, list]: [unknown, unknown]) => ((await resolve(list)) as unknown[])[Number(index)],
  'Fn::Split': async ([separator, text]: [string, unknown]) => String(await resolve(text)).split(separator),
});

const conditions = ({ condition }: Scope, resolve: Resolve): Intrinsics => ({
  'Fn::If': async ([name, yes, no]: [string, unknown, unknown]) => resolve((await resolve(condition(name))) ? yes : no),
  'Fn::Equals': async (values: unknown) => {
    const [a, b] = (await resolve(values)) as unknown[];
    return a === b;
  },
  'Fn::Not': async ([condition]: [unknown]) => !(await resolve(condition)),
  'Fn::And': async (conditions: unknown[]) => (await Promise.all(conditions.map(resolve))).every(Boolean),
  'Fn::Or': async (conditions: unknown[]) => (await Promise.all(conditions.map(resolve))).some(Boolean),
  Condition: async (name: string) => resolve(condition(name)),
});
