import { subscribersServiceName } from '@rollcall/kit/internal/contracts/directory';
import { CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnInstance, HttpNamespace, Service } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct, type IConstruct } from 'constructs';
import type { Stage } from './stage.ts';

/** Prefix of the names of outputs that contain directory entries. */
export const DIRECTORY_OUTPUT = 'Directory';

/**
 * Service discovery by name: an HTTP namespace of AWS Cloud Map. The API, the channels and the table of service
 * instances each have an entry: a Cloud Map service whose only instance has the address as its attributes. Each topic
 * has a second entry with an instance per subscriber, in which functions look up the subscribers. If the stage's
 * setting `directory` is `outputs`, the stacks have outputs instead of the namespace and its entries.
 */
export class ServiceDirectory extends Construct {
  /** Name of the directory: the value of the environment variable `DIRECTORY`. */
  readonly name: string;
  readonly #namespace: HttpNamespace | undefined;
  readonly #subscribers = new Map<string, Service>();

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.name = `${stage.app}-${stage.name}`;
    if (stage.directory === 'templates') this.#namespace = new HttpNamespace(this, 'Namespace', { name: this.name });
  }

  /**
   * Registers a resource.
   * @param owner the construct to which the entry is added: usually the construct of the resource
   */
  register(owner: Construct, name: string, description: string, attributes: Record<string, string>): void {
    if (!this.#namespace) {
      outputEntry(owner, { name, description, attributes });
      return;
    }
    new Service(owner, 'Entry', { namespace: this.#namespace, name, description }).registerNonIpInstance('Instance', {
      instanceId: name,
      customAttributes: attributes,
    });
  }

  /**
   * Creates the directory entry that lists a topic's subscribers. Each subscriber's stack registers the subscriber in
   * this entry.
   */
  createSubscriberList(topic: string): void {
    const name = subscribersServiceName(topic);
    if (this.#namespace)
      this.#subscribers.set(
        topic,
        new Service(this, name, { namespace: this.#namespace, name, description: descriptionOf(topic) }),
      );
  }

  /**
   * Registers a subscriber in the entry that lists the topic's subscribers. The registration is part of the
   * subscriber's stack, so that no other stack changes.
   * @param subscription the subscription. CloudFormation creates the subscription after the registration, and deletes
   * the subscription before the registration. In the reverse order, a service could receive events without being
   * listed, and an erasure, which waits only for listed services, could end while the service still has data
   */
  registerSubscriber(owner: Construct, topic: string, service: string, subscription: IConstruct): void {
    const attributes = { kind: 'subscriber' };
    const list = this.#subscribers.get(topic);
    if (!list) {
      outputEntry(owner, {
        name: subscribersServiceName(topic),
        instance: service,
        description: descriptionOf(topic),
        attributes,
      });
      return;
    }
    const entry = new CfnInstance(owner, 'Entry', {
      serviceId: list.serviceId,
      instanceId: service,
      instanceAttributes: attributes,
    });
    subscription.node.addDependency(entry);
  }

  /** Allows a function to look up the subscribers of a topic, and sets `DIRECTORY`. */
  allowListingSubscribers(fn: LambdaFunction, topic: string): void {
    fn.addEnvironment('DIRECTORY', this.name);
    // DiscoverInstances has no resource-level permissions, only these condition keys
    // (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudmap.html).
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['servicediscovery:DiscoverInstances'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            'servicediscovery:NamespaceName': this.name,
            'servicediscovery:ServiceName': subscribersServiceName(topic),
          },
        },
      }),
    );
    Validations.of(fn.role ?? fn).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'servicediscovery:DiscoverInstances has no resource-level permissions; its conditions name one service.',
    });
  }
}

const descriptionOf = (topic: string) => `The services that subscribe to ${topic}.`;

/**
 * Adds a stack output with a directory entry that the deployer registers in Cloud Map. `instance` distinguishes entries
 * with the same name.
 */
function outputEntry(
  owner: Construct,
  entry: { name: string; instance?: string; description: string; attributes: Record<string, string> },
): void {
  const stack = Stack.of(owner);
  new CfnOutput(stack, `${DIRECTORY_OUTPUT}${entry.name.replaceAll('-', '')}`, { value: stack.toJsonString(entry) });
}
