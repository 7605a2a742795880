import { CloudError } from '../errors/cloud-error.ts';
import type { AssembledStack } from './assembly.ts';
import { createResolver, type Resolve } from './intrinsics.ts';
import type { Deployed, ResourceProvider } from './resource.ts';

export interface DeploymentOptions {
  region: string;
  accountId: string;
  providers: Record<string, ResourceProvider>;
  /** The types of resources that have no effect on one machine. */
  ignored: ReadonlySet<string>;
  /** The values of template parameters, by name. A parameter without a value here has its default. */
  parameters: Record<string, string>;
  /** Replaces AWS addresses with local addresses. Default: AWS addresses stay unchanged. */
  localized?: (text: string) => string;
}

/** The exports of stacks, by name. */
export type Exports = Map<string, () => Promise<unknown>>;

/** A stack in deployment. A reference to a resource that does not exist yet creates this resource. */
export class Stack {
  readonly #name: string;
  readonly #template: AssembledStack['template'];
  readonly #options: DeploymentOptions;
  readonly #exported: Exports;
  readonly #pseudo: Record<string, string>;
  readonly #resolve: Resolve;
  readonly #deployments = new Map<string, Promise<Deployed>>();

  constructor({ name, template }: AssembledStack, options: DeploymentOptions, exported: Exports) {
    const { region, accountId } = options;
    this.#name = name;
    this.#template = template;
    this.#options = options;
    this.#exported = exported;
    this.#pseudo = {
      'AWS::Region': region,
      'AWS::AccountId': accountId,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': name,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/local`,
    };
    this.#resolve = createResolver({
      stack: name,
      ref: (ofName) => this.#ref(ofName),
      attribute: (logicalId, ofName) => this.#attribute(logicalId, ofName),
      mapping: (map, top, second) => template.Mappings?.[map]?.[top]?.[second],
      condition: (ofName) => template.Conditions?.[ofName],
      localized: options.localized ?? ((text) => text),
      imported: (ofName) => this.#imported(ofName),
    });
  }

  async declareExports(): Promise<void> {
    for (const { Value, Export } of Object.values(this.#template.Outputs ?? {})) {
      if (Export) this.#exported.set(String(await this.#resolve(Export.Name)), () => this.#resolve(Value));
    }
  }

  /**
   * The outputs, without CDK's exports to other stacks. If the embedded cloud cannot resolve an output, the error
   * message replaces the value.
   */
  async outputs(): Promise<Record<string, string>> {
    const shown = Object.entries(this.#template.Outputs ?? {}).filter(([name]) => !name.startsWith('ExportsOutput'));
    const values = shown.map(async ([name, { Value }]): Promise<[string, string]> => {
      const value = await this.#resolve(Value).catch((error: Error) => {
        if (error instanceof CloudError) return error.message;
        throw error;
      });
      return [`${this.#name}.${name}`, String(value)];
    });
    return Object.fromEntries(await Promise.all(values));
  }

  async deployAll(): Promise<void> {
    const { Resources, Conditions } = this.#template;
    const wanted = await Promise.all(
      Object.entries(Resources).map(async ([logicalId, { Condition }]) =>
        Condition === undefined || (await this.#resolve(Conditions?.[Condition])) ? [logicalId] : [],
      ),
    );
    await Promise.all(wanted.flat().map((logicalId) => this.#deployed(logicalId)));
  }

  #deployed(logicalId: string): Promise<Deployed> {
    let deployment = this.#deployments.get(logicalId);
    if (!deployment) {
      deployment = this.#create(logicalId);
      this.#deployments.set(logicalId, deployment);
    }
    return deployment;
  }

  async #create(logicalId: string): Promise<Deployed> {
    const [stack, resource] = [this.#name, this.#template.Resources[logicalId]];
    if (!resource) throw new CloudError(`${stack}: there is no resource ${logicalId}.`);
    const { Type: type, Properties = {} } = resource;
    if (this.#options.ignored.has(type)) return { ref: logicalId };
    const provider = this.#options.providers[type];
    if (!provider) {
      throw new CloudError(
        `${stack}: resource ${logicalId} is of type ${type}, which the embedded cloud does not support. Leave the resource out of the stacks that the embedded cloud runs, or add a stand-in that provides this type (rollcall.config.ts).`,
      );
    }
    const properties = (await this.#resolve(Properties)) as Record<string, unknown>;
    try {
      return await provider({ stack, logicalId, type, properties });
    } catch (cause) {
      if (cause instanceof CloudError) throw cause;
      throw new CloudError(`${stack}: ${type} ${logicalId} could not be created: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  async #ref(name: string): Promise<unknown> {
    if (name === 'AWS::NoValue') return undefined;
    if (name in this.#pseudo) return this.#pseudo[name];
    const parameter = this.#template.Parameters?.[name];
    if (!parameter) return (await this.#deployed(name)).ref;
    const value = this.#options.parameters[name] ?? parameter.Default;
    if (value === undefined)
      throw new CloudError(
        `${this.#name}: parameter ${name} has no value. Set it: rollcall start --parameters ${name}=…`,
      );
    return value;
  }

  async #attribute(logicalId: string, name: string): Promise<string> {
    const { ignored, region, accountId } = this.#options;
    if (ignored.has(this.#template.Resources[logicalId]?.Type ?? ''))
      return `arn:aws:local:${region}:${accountId}:${logicalId}`;
    const value = (await this.#deployed(logicalId)).attributes?.[name];
    if (value !== undefined) return value;
    throw new CloudError(`${this.#name}: the embedded cloud does not support the attribute ${name} of ${logicalId}.`);
  }

  async #imported(name: string): Promise<unknown> {
    const value = this.#exported.get(name);
    if (!value) throw new CloudError(`${this.#name}: the stack imports ${name}, which no stack exports.`);
    return value();
  }
}
