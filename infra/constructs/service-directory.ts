import { HttpNamespace, Service } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';

/**
 * Where others find what this stage offers, by name alone: an HTTP namespace of AWS Cloud Map, in which the deployment
 * registers each service as one instance with attributes.
 */
export class ServiceDirectory extends Construct {
  readonly #namespace: HttpNamespace;

  constructor(scope: Construct, id: string, { name }: { name: string }) {
    super(scope, id);
    this.#namespace = new HttpNamespace(this, 'Namespace', { name });
  }

  /** @param owner what is entered: its entry is made, and goes, with it */
  enter(owner: Construct, name: string, description: string, attributes: Record<string, string>): void {
    new Service(owner, 'Entry', { namespace: this.#namespace, name, description }).registerNonIpInstance('Instance', {
      instanceId: name,
      customAttributes: attributes,
    });
  }
}
