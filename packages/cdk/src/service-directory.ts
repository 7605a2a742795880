import { subscribersEntry } from '@rollcall/kit/internal/contracts/directory';
import { CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnInstance, HttpNamespace, Service } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct, type IConstruct } from 'constructs';
import type { Stage } from './stage.ts';

/** What the names of outputs begin with that say what is to be entered. */
export const DIRECTORY_OUTPUT = 'Directory';

/**
 * Where others find what this stage offers, by name alone: an HTTP namespace of AWS Cloud Map, in which the deployment
 * registers each service as one instance with attributes; and where a publisher finds who has subscribed.
 */
export class ServiceDirectory extends Construct {
  /** Where functions that are told of it (`DIRECTORY`) look. */
  readonly name: string;
  readonly #namespace: HttpNamespace | undefined;
  readonly #subscribers = new Map<string, Service>();

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.name = `${stage.app}-${stage.name}`;
    if (stage.directory === 'templates') this.#namespace = new HttpNamespace(this, 'Namespace', { name: this.name });
  }

  /** @param owner what is entered: its entry is made, and goes, with it */
  enter(owner: Construct, name: string, description: string, attributes: Record<string, string>): void {
    if (!this.#namespace) {
      putOut(owner, { name, description, attributes });
      return;
    }
    new Service(owner, 'Entry', { namespace: this.#namespace, name, description }).registerNonIpInstance('Instance', {
      instanceId: name,
      customAttributes: attributes,
    });
  }

  /** Makes place for those who subscribe to a topic: each is entered by a stack of its own. */
  listSubscribersOf(topic: string): void {
    const name = subscribersEntry(topic);
    if (this.#namespace)
      this.#subscribers.set(
        topic,
        new Service(this, name, { namespace: this.#namespace, name, description: listOf(topic) }),
      );
  }

  /**
   * Enters a subscriber in the stack of its own, so that no other changes with it.
   * @param subscription is made after the entry, and goes before it: who is listed and hears nothing yet is waited for, while
   * who hears and is not listed would be left out of an erasure
   */
  enterSubscriber(owner: Construct, topic: string, service: string, subscription: IConstruct): void {
    const attributes = { kind: 'subscriber' };
    const list = this.#subscribers.get(topic);
    if (!list) {
      putOut(owner, { name: subscribersEntry(topic), instance: service, description: listOf(topic), attributes });
      return;
    }
    const entry = new CfnInstance(owner, 'Entry', {
      serviceId: list.serviceId,
      instanceId: service,
      instanceAttributes: attributes,
    });
    subscription.node.addDependency(entry);
  }

  /** Lets a function ask who has subscribed to a topic, and tells it where (`DIRECTORY`). */
  allowListingSubscribers(fn: LambdaFunction, topic: string): void {
    fn.addEnvironment('DIRECTORY', this.name);
    // It has no resource that a policy could name, but these keys
    // (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudmap.html).
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['servicediscovery:DiscoverInstances'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            'servicediscovery:NamespaceName': this.name,
            'servicediscovery:ServiceName': subscribersEntry(topic),
          },
        },
      }),
    );
    Validations.of(fn.role ?? fn).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'servicediscovery:DiscoverInstances has no resource that a policy could name; its conditions name one service.',
    });
  }
}

const listOf = (topic: string) => `The services that have subscribed to ${topic}.`;

/** What whoever deploys is to enter; `instance`: one of several of this name. */
function putOut(
  owner: Construct,
  entry: { name: string; instance?: string; description: string; attributes: Record<string, string> },
): void {
  const stack = Stack.of(owner);
  new CfnOutput(stack, `${DIRECTORY_OUTPUT}${entry.name.replaceAll('-', '')}`, { value: stack.toJsonString(entry) });
}
