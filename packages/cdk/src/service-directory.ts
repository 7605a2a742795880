import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpNamespace, Service } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import type { Stage } from './stage.ts';

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
      this.#namespace = new HttpNamespace(this, 'Namespace', { name: `${stage.app}-${stage.name}` });
  }

  /** @param owner what is entered: its entry is made, and goes, with it */
  enter(owner: Construct, name: string, description: string, attributes: Record<string, string>): void {
    if (!this.#namespace) {
      const stack = Stack.of(owner);
      const entry = stack.toJsonString({ name, description, attributes });
      new CfnOutput(stack, `${DIRECTORY_OUTPUT}${name.replaceAll('-', '')}`, { value: entry });
      return;
    }
    new Service(owner, 'Entry', { namespace: this.#namespace, name, description }).registerNonIpInstance('Instance', {
      instanceId: name,
      customAttributes: attributes,
    });
  }
}
