import { HttpNamespace } from 'aws-cdk-lib/aws-servicediscovery';
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

  enter(name: string, description: string, attributes: Record<string, string>): void {
    this.#namespace
      .createService(name, { name, description })
      .registerNonIpInstance(`${name}Instance`, { instanceId: name, customAttributes: attributes });
  }
}
