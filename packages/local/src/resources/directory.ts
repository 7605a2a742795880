import type { ResourceProvider } from '../template/resource.ts';
import type { Runtime } from './runtime.ts';

/** AWS::ServiceDiscovery::HttpNamespace. The namespace's name is also its id. */
export const namespaces: ResourceProvider = async ({ properties }) => {
  const name = String(properties.Name);
  return { ref: name, attributes: { Id: name, Arn: `arn:aws:servicediscovery:local::namespace/${name}` } };
};

/** AWS::ServiceDiscovery::Service. The service's id is `NAMESPACE/NAME`. */
export const services =
  ({ directory }: Runtime): ResourceProvider =>
  async ({ properties }) => {
    const id = `${properties.NamespaceId}/${properties.Name}`;
    directory.add(id);
    return { ref: id, attributes: { Id: id, Name: String(properties.Name) } };
  };

/** AWS::ServiceDiscovery::Instance. */
export const instances =
  ({ directory }: Runtime): ResourceProvider =>
  async ({ properties }) => {
    const id = String(properties.InstanceId);
    directory.register(String(properties.ServiceId), id, properties.InstanceAttributes as Record<string, string>);
    return { ref: id };
  };
