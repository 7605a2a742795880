/** The supported part of Cloud Map: HTTP namespaces, services, and instances with attributes. */
export class Directory {
  #instances = new Map<string, Map<string, Record<string, string>>>();

  /** Adds a service without instances. @param service `NAMESPACE/NAME` */
  add(service: string): void {
    if (!this.#instances.has(service)) this.#instances.set(service, new Map());
  }

  /**
   * Replaces the services with the services of another directory, atomically. During a redeployment, lookups therefore
   * find every instance that is in both deployments.
   */
  replaceWith(other: Directory): void {
    this.#instances = other.#instances;
  }

  register(service: string, instance: string, attributes: Record<string, string>): void {
    this.add(service);
    this.#instances.get(service)?.set(instance, attributes);
  }

  find(namespace: string, service: string): ReadonlyMap<string, Record<string, string>> | undefined {
    return this.#instances.get(`${namespace}/${service}`);
  }

  /**
   * The attributes of the first instance of the service with this name, in any namespace; undefined if there is no such
   * service or instance.
   */
  attributesOf(service: string): Record<string, string> | undefined {
    const [, instances] = [...this.#instances].find(([name]) => name.endsWith(`/${service}`)) ?? [];
    return instances?.values().next().value;
  }

  /** https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html */
  handle(operation: string, request: string): { status: number; body: unknown } {
    const error = (type: string, Message: string) => ({ status: 400, body: { __type: type, Message } });
    if (operation !== 'DiscoverInstances') {
      return error('UnknownOperationException', 'The embedded cloud supports only DiscoverInstances of Cloud Map.');
    }
    const { NamespaceName = '', ServiceName = '' } = JSON.parse(request) as Record<string, string>;
    const found = this.find(NamespaceName, ServiceName);
    if (!found) return error('ServiceNotFound', `There is no service ${NamespaceName}/${ServiceName}.`);
    const Instances = [...found].map(([InstanceId, Attributes]) => ({
      InstanceId,
      NamespaceName,
      ServiceName,
      HealthStatus: 'UNKNOWN',
      Attributes,
    }));
    return { status: 200, body: { Instances, InstancesRevision: 1 } };
  }
}
