import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpNamespace } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

/** What the names of outputs begin with that say what is to be entered. */
export const DIRECTORY_OUTPUT = 'Directory';

/**
 * Where others find what this stage offers, by name alone: an HTTP namespace of AWS Cloud Map, in which the deployment
 * registers each service as one instance with attributes.
 */
export class ServiceDirectory extends Construct {
  readonly #namespace: HttpNamespace | undefined;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    if (stage.directory === 'templates')
      this.#namespace = new HttpNamespace(this, 'Namespace', { name: stage.namespace });
  }

  enter(name: string, description: string, attributes: Record<string, string>): void {
    if (!this.#namespace) {
      const stack = Stack.of(this);
      const entry = stack.toJsonString({ name, description, attributes });
      new CfnOutput(stack, `${DIRECTORY_OUTPUT}${name.replaceAll('-', '')}`, { value: entry });
      return;
    }
    this.#namespace
      .createService(name, { name, description })
      .registerNonIpInstance(`${name}Instance`, { instanceId: name, customAttributes: attributes });
  }
}
